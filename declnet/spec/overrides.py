"""Apply ``--set training.epochs=5``: replace values of a spec from outside, with the same checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from declnet.schema import UNKNOWN, pointer_to
from declnet.spec.marks import Array, Mark, Mistakes, Object, Text, located
from declnet.spec.source import Reader, scan
from declnet.wording import did_you_mean, listed, shown

# Objects whose keys the user has named: an override changes what is there, and never adds a name.
NAMED = ("variables", "blocks", "inputs", "outputs", "plugins")


def override(tree: Object, overrides: Mapping | Iterable[str] | None, reader: Reader, mistakes: Mistakes) -> None:
    """Apply *overrides* to *tree*, in place.

    Args:
        overrides: ``{"training.epochs": 5}``, or texts ``"training.epochs=5"`` whose values are JSON, else strings.
            In a path, a number picks an item of a list, a name picks the layer of that name. A key that is not there
            is written all the same where its parent is; the schema then says whether it may be.

    Raises:
        TooLarge: a value is nested too deeply.
    """
    if isinstance(overrides, Mapping):
        for path, value in overrides.items():
            text = reader.text(f"overrides[{path!r}]")
            _Override(text, mistakes).apply(tree, str(path), located(value, text, mistakes, overridden=True))
        return
    for argument in overrides or ():
        text = reader.text(f"--set {argument}")
        path, equals, value = argument.partition("=")
        if not equals or not path:
            mistakes.note(
                "DN1106", Mark(text), "an override is PATH=VALUE", found=shown(argument), allowed="training.epochs=5"
            )
            continue
        _Override(text, mistakes).apply(tree, path.strip(), _parsed(value, text, mistakes))


def _parsed(value: str, text: Text, mistakes: Mistakes) -> Any:
    """The JSON value of *value*; the string itself when it is no JSON."""
    trial = Mistakes()
    parsed = scan(Text(text.name, value), trial)
    if any(mistake.code == "DN1001" for mistake in trial.sorted()):
        parsed = value
    else:
        for mistake in trial.sorted():
            mistakes.note(mistake.code, Mark(text), mistake.message, found=mistake.found, allowed=mistake.allowed)
    return parsed if parsed is UNKNOWN else located(parsed, text, mistakes, overridden=True)


class _Override:
    def __init__(self, text: Text, mistakes: Mistakes):
        self.text, self.mistakes = text, mistakes

    def apply(self, tree: Object, path: str, value: Any) -> None:
        """Write *value* at the dotted *path* of *tree*, or note why that is not possible."""
        node: Any = tree
        done: list[str | int] = []
        *parents, last = path.split(".")
        for token in parents:
            key = self._key(node, token, done)
            if key is None:
                return
            done.append(key)
            child = node.get(key) if isinstance(node, Object) else node[key]
            if child is None:
                child = Object()
                self._write(node, key, child, done)
            elif isinstance(child, str):
                # "adam" stands for {"type": "adam"}; an output's name alone stands for {"from": ...}.
                name = "from" if done[0] == "outputs" else "type"
                child = Object({name: child}, marks={name: node.marks[key]} if key in node.marks else {})
                self._write(node, key, child, done)
            node = child
        key = self._key(node, last, done)
        if key is not None:
            self._write(node, key, value, [*done, key])

    def _write(self, node: Any, key: str | int, value: Any, path: list) -> None:
        mark = Mark(self.text, pointer_to(tuple(path)), overridden=True)
        if isinstance(value, Object | Array):
            value.mark = mark
        node[key], node.marks[key] = value, mark

    def _key(self, node: Any, token: str, done: list) -> str | int | None:
        """What *token* means in *node*; None after noting that it means nothing."""
        if isinstance(node, Array):
            return self._index(node, token, done)
        if not isinstance(node, dict):
            self._note(f"{'.'.join(map(str, done))!r} has no keys", shown(node), "an object or a list", done)
            return None
        named = len(done) == 1 and done[0] in NAMED
        if token in node or not named:
            return token
        message = f"there is no {token!r} in {done[0]!r}{did_you_mean(token, node)}"
        self._note(message, shown(token), listed(node, token) or "nothing", done)
        return None

    def _index(self, node: Array, token: str, done: list) -> int | None:
        if token.isdecimal() and len(token) < 9 and int(token) < len(node):
            return int(token)
        names = {
            item["name"]: i
            for i, item in enumerate(node)
            if isinstance(item, dict) and isinstance(item.get("name"), str)
        }
        if token in names:
            return names[token]
        message = f"there is no item {token!r} in {'.'.join(map(str, done))!r}{did_you_mean(token, names)}"
        allowed = [f"0 to {len(node) - 1}" if node else "nothing, the list is empty"]
        self._note(message, shown(token), ", ".join([*allowed, *filter(None, [listed(names, token)])]), done)
        return None

    def _note(self, message: str, found: str, allowed: str, done: list) -> None:
        mark = replace(Mark(self.text), pointer=pointer_to(tuple(done)))
        self.mistakes.note("DN1106", mark, message, found=found, allowed=allowed)
