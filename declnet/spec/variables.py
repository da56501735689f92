"""Replace ``${...}`` by the values of variables and block parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from declnet.schema import UNKNOWN
from declnet.spec.expressions import ExpressionError, interpolate
from declnet.spec.marks import DEPTH, Array, Mark, Mistakes, Object, items, mark_of
from declnet.wording import did_you_mean, listed, shown

NODES = 500_000


@dataclass
class Bound:
    """A name's value; ``overridden`` when it, or something in it, was given outside the spec's files."""

    value: object
    overridden: bool = False


class Scope:
    """The names that an expression may use, with those of the scope around it."""

    def __init__(self, bound: dict[str, Bound], outer: Scope | None = None):
        self.bound, self.outer = bound, outer
        self.used: set[str] = set()

    def find(self, name: str) -> Bound:
        if name in self.bound:
            self.used.add(name)
            return self.bound[name]
        if self.outer:
            try:
                return self.outer.find(name)
            except ExpressionError:
                pass
        raise self._unknown(name)

    def local(self, name: str) -> dict[str, Bound]:
        """*name* with its value, where this scope itself binds it."""
        return {name: self.bound[name]} if name in self.bound else {}

    def names(self) -> list[str]:
        return list(dict.fromkeys([*self.bound, *(self.outer.names() if self.outer else ())]))

    def _unknown(self, name: str) -> ExpressionError:
        asked, known = did_you_mean(name, self.names()), listed(self.names(), name) or "there are no variables"
        hint = None if asked else f'declare it: "variables": {{{shown(name)}: VALUE}}'
        message = f"unknown variable {name!r}{asked}"
        return ExpressionError(message, code="DN1202", found=shown(name), allowed=known, hint=hint)


class Variables(Scope):
    """The spec's ``variables``, which may use each other; each is evaluated once, when it is first needed."""

    def __init__(self, declared: Any, mark: Mark, substitution: Substitution):
        super().__init__({})
        self.declared = declared if isinstance(declared, Object) else Object(mark=mark)
        self.substitution = substitution
        self.open: list[str] = []

    def find(self, name: str) -> Bound:
        if name not in self.declared:
            raise self._unknown(name)
        if name in self.open:
            cycle = " → ".join((*self.open[self.open.index(name) :], name))
            raise ExpressionError("a variable needs itself", found=cycle, hint="break the cycle")
        self.used.add(name)
        if name not in self.bound:
            self.open.append(name)
            try:
                mark = mark_of(self.declared, name, self.declared.mark)
                value, mark = self.substitution.apply(self.declared[name], mark, self)
                self.bound[name] = Bound(value, mark.overridden)
            finally:
                self.open.pop()
        return self.bound[name]

    def names(self) -> list[str]:
        return list(self.declared)

    def check(self) -> None:
        """Note what is wrong with variables, also those that nothing uses."""
        used = set(self.used)
        for name in self.declared:
            self.find(name)
        self.used = used


class Substitution:
    """Replaces expressions in located data, noting what is wrong with them."""

    def __init__(self, mistakes: Mistakes):
        self.mistakes = mistakes
        self.nodes = 0

    def apply(self, node: Any, mark: Mark, scope: Scope, depth: int = 0) -> tuple[Any, Mark]:
        """(*node* with expressions replaced, its mark); a wrong expression becomes UNKNOWN.

        Raises:
            TooLarge: the values grow too many or too deep.
        """
        self._count(mark, depth)
        if isinstance(node, dict | list):
            children = {
                key: self.apply(value, mark_of(node, key, mark), scope, depth + 1) for key, value in items(node)
            }
            marks = {key: child_mark for key, (_, child_mark) in children.items()}
            if isinstance(node, list):
                return Array([child for child, _ in children.values()], mark, marks), mark
            return Object({key: child for key, (child, _) in children.items()}, mark, marks), mark
        if isinstance(node, str) and "${" in node:
            return self._expression(node, mark, scope, depth)
        return node, mark

    def _expression(self, text: str, mark: Mark, scope: Scope, depth: int) -> tuple[Any, Mark]:
        overridden = mark.overridden

        def value_of(name: str) -> Any:
            nonlocal overridden
            bound = scope.find(name)
            overridden = overridden or bound.overridden
            if bound.value is UNKNOWN:
                raise _Silent()
            return bound.value

        try:
            value = interpolate(text, value_of)
        except _Silent:
            return UNKNOWN, mark
        except ExpressionError as error:
            self.mistakes.note(error.code, mark, str(error), **error.facts)
            return UNKNOWN, mark
        return self._copy(value, mark, depth), replace(mark, overridden=overridden)

    def _copy(self, value: Any, mark: Mark, depth: int) -> Any:
        """A value for one place more where it stands; later phases change it there."""
        if not isinstance(value, Object | Array):
            return value
        self._count(mark, depth)
        children = [(key, self._copy(child, mark, depth + 1)) for key, child in items(value)]
        if isinstance(value, Object):
            return Object(children, value.mark, dict(value.marks))
        return Array([child for _, child in children], value.mark, dict(value.marks))

    def _count(self, mark: Mark, depth: int) -> None:
        self.nodes += 1
        if depth > DEPTH:
            raise self.mistakes.too_large(mark, "the spec is nested too deeply", allowed=f"{DEPTH} levels")
        if self.nodes > NODES:
            raise self.mistakes.too_large(mark, "the spec grows too large", allowed=f"{NODES} values")


class _Silent(Exception):
    """A name's value is UNKNOWN: its own mistake is noted where it stands."""
