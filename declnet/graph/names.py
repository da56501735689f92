"""The names of what a graph is made of, and the scopes that they are made in."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping

from declnet.errors import GraphError


class Names:
    """Names that are unique in a graph and in the bodies of its nodes; *outer* is the graph around a body."""

    def __init__(self, outer: Names | None = None):
        self.metadata: dict[str, str] = {}
        self._names: Counter[str | tuple[str, str]] = outer._names if outer else Counter()
        self._scopes: list[str] = [*outer._scopes] if outer else []

    @contextlib.contextmanager
    def scope(self, name: str, **metadata: str) -> Iterator[None]:
        """Prefix the names of what is made inside with ``name/``; attach *metadata* to the nodes."""
        before = self.metadata
        self._scopes.append(name)
        self.metadata = {**before, **metadata}
        try:
            yield
        finally:
            self._scopes.pop()
            self.metadata = before

    @contextlib.contextmanager
    def at(self, scope: str, metadata: Mapping[str, str]) -> Iterator[None]:
        """Make what follows in the absolute *scope*, with *metadata*, whatever the present scope is."""
        before, self._scopes = self._scopes, [scope] if scope else []
        self.metadata, kept = dict(metadata), self.metadata
        try:
            yield
        finally:
            self._scopes, self.metadata = before, kept

    def path(self, name: str) -> str:
        """*name* in the present scope."""
        return "/".join([*self._scopes, name])

    def unique(self, name: str, scoped: bool = True) -> str:
        """A free name: ``scope/name``, then ``scope/name_1``, ..."""
        return self.claim(self.free(self.path(name) if scoped else name))

    def free(self, base: str) -> str:
        """The first of ``base``, ``base_1``, ``base_2``, ... that nothing is called."""
        while True:
            count = self._names["", base]
            self._names["", base] += 1
            candidate = f"{base}_{count}" if count else base
            if not self._names[candidate]:
                return candidate

    def reserve(self, name: str) -> None:
        """Never make *name*: an operator has it, which need not be called as its first output is."""
        self._names[name] = 1

    def claim(self, name: str) -> str:
        """Take *name* as it is, or raise GraphError where it is taken."""
        if self._names[name]:
            raise GraphError(f"the name {name!r} is used twice in one graph")
        self._names[name] = 1
        return name

    def release(self, name: str) -> None:
        """Let *name* be free again."""
        self._names[name] = self._names["", name] = 0
