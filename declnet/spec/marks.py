"""Where each value of a spec stands: marks that travel with the data through every phase."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from declnet.errors import Diagnostic
from declnet.schema import UNKNOWN, pointer_to

DEPTH = 64


@dataclass(frozen=True, eq=False)
class Text:
    """A source text: a file, an override, or (without content) a Python object. ``order`` sorts mistakes."""

    name: str
    content: str | None = None
    path: Path | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """The place of one value, and of its key.

    ``span`` and ``key`` are (start, end) in the text's content. ``overridden``: the value was given outside the
    spec's files, so whoever runs the command vouches for it.
    """

    text: Text
    pointer: str = ""
    span: tuple[int, int] | None = None
    key: tuple[int, int] | None = None
    overridden: bool = False

    def place(self, on_key: bool = False) -> dict:
        """The fields of a Diagnostic that say where; the value's place, or that of its key."""
        place = {"file": self.text.name, "pointer": self.pointer}
        span = self.key if on_key and self.key else self.span
        if self.text.content is None or span is None:
            return place
        content, (start, end) = self.text.content, span
        first = content.rfind("\n", 0, start) + 1
        last = content.find("\n", start)
        line = content[first : last if last >= 0 else None].rstrip("\r")
        width = max(1, min(end, first + len(line)) - start)
        where = {"line": content.count("\n", 0, start) + 1, "column": start - first + 1, "width": width}
        return {**place, **where, "text": _quiet(line)}

    @property
    def order(self) -> tuple:
        return self.text.order, self.span[0] if self.span else -1


class Object(dict):
    """A JSON object with its own mark and those of its values (``marks``: key → Mark)."""

    __slots__ = ("mark", "marks")
    mark: Mark
    marks: dict[str, Mark]

    def __init__(self, items: Any = (), mark: Mark | None = None, marks: dict[str, Mark] | None = None):
        super().__init__(items)
        self.marks = {} if marks is None else marks
        if mark:  # else whoever makes it gives it one when its end is known
            self.mark = mark


class Array(list):
    """A JSON array with its own mark and those of its items (``marks``: index → Mark)."""

    __slots__ = ("mark", "marks")
    mark: Mark
    marks: dict[int, Mark]

    def __init__(self, items: Iterable = (), mark: Mark | None = None, marks: dict[int, Mark] | None = None):
        super().__init__(items)
        self.marks = {} if marks is None else marks
        if mark:
            self.mark = mark


class TooLarge(Exception):
    """The spec is nested too deeply or has grown too large to go on; its mistake is noted already."""


class Mistakes:
    """Collects the mistakes of one spec."""

    def __init__(self) -> None:
        self._noted: dict[Diagnostic, tuple] = {}

    def note(self, code: str, mark: Mark, message: str, *, on_key: bool = False, **facts: Any) -> None:
        """Note a mistake at *mark*; the same one at the same place (a block used twice) is noted once."""
        self.add(Diagnostic(code, message, **facts), mark, on_key)

    def add(self, diagnostic: Diagnostic, mark: Mark, on_key: bool = False) -> None:
        """Note *diagnostic*, which has no place yet, at *mark*; an unknown key of an override is a bad override."""
        if diagnostic.code == "DN1101" and mark.overridden:
            diagnostic = diagnostic.at(code="DN1106")
        self._noted.setdefault(diagnostic.at(**mark.place(on_key)), mark.order)

    def too_large(self, mark: Mark, message: str, **facts: Any) -> TooLarge:
        """Note that the spec is too large, and return what to raise."""
        self.note("DN1005", mark, message, **facts)
        return TooLarge()

    @property
    def errors(self) -> bool:
        """Whether one of them is an error, not a warning."""
        return any(mistake.severity == "error" for mistake in self._noted)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All mistakes in the order of the files, errors before the warnings of the same place."""
        return tuple(sorted(self._noted, key=lambda mistake: (*self._noted[mistake], mistake.severity != "error")))


def items(node: Any) -> list[tuple]:
    """The (key or index, value) pairs of a container; none of anything else."""
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list) else []


def mark_of(node: Any, key: Any, fallback: Mark) -> Mark:
    """The mark of ``node[key]``, or *fallback* for a value that no file holds (a default)."""
    mark = getattr(node, "marks", {}).get(key)
    return mark or (getattr(node, "mark", None) or fallback)


def locate(root: Object, path: tuple) -> tuple[Mark, bool]:
    """The mark of the value at *path*, or of the nearest parent that has one; and whether it is the value's own."""
    node: Any = root
    mark, own = root.mark, True
    for token in path:
        found = getattr(node, "marks", {}).get(token)
        mark, own = (found, True) if found else (getattr(node, "mark", None) or mark, False)
        try:
            node = node[token]
        except (KeyError, IndexError, TypeError):
            node = None
    return mark, own


def located(value: Any, text: Text, mistakes: Mistakes, overridden: bool = False) -> Any:
    """Give a Python value of dicts, lists and scalars the form of one that was read from a file.

    What JSON cannot say (NaN, other types, keys that are no strings) is noted and becomes UNKNOWN.

    Raises:
        TooLarge: it is nested too deeply, or contains itself.
    """

    def locate_value(value: Any, path: tuple) -> tuple[Any, Mark]:
        mark = Mark(text, pointer_to(path), overridden=overridden)
        if len(path) > DEPTH:
            raise mistakes.too_large(mark, "the spec is nested too deeply", allowed=f"{DEPTH} levels")
        if isinstance(value, dict):
            node = Object(mark=mark)
            for key, child in value.items():
                if is_key(key, mark):
                    node[key], node.marks[key] = locate_value(child, (*path, key))
            return node, mark
        if isinstance(value, list | tuple):
            children = [locate_value(child, (*path, index)) for index, child in enumerate(value)]
            return Array([child for child, _ in children], mark, dict(enumerate(m for _, m in children))), mark
        if isinstance(value, float) and not math.isfinite(value):
            mistakes.note("DN1003", mark, "NaN and Infinity are no JSON numbers", found=repr(value), allowed="a number")
            return UNKNOWN, mark
        if value is not None and not isinstance(value, bool | int | float | str):
            found = f"a {type(value).__name__}"
            mistakes.note(
                "DN1103", mark, "a spec holds what JSON can say", found=found, allowed="str, int, float, dict, list"
            )
            return UNKNOWN, mark
        return value, mark

    def is_key(key: Any, mark: Mark) -> bool:
        if isinstance(key, str):
            return True
        mistakes.note("DN1103", mark, "a key of a spec is a string", found=repr(key)[:80], allowed="a string")
        return False

    return locate_value(value, ())[0]


def plain(node: Any) -> Any:
    """The same data as ordinary dicts and lists; what is UNKNOWN becomes None."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return None if node is UNKNOWN else node


def has_unknown(node: Any) -> bool:
    """Whether a value in *node* could not be made out."""
    return node is UNKNOWN or any(has_unknown(value) for _, value in items(node))


def _quiet(line: str) -> str:
    """*line* without characters that would move the cursor or that no terminal can show."""
    return "".join(character if character.isprintable() else " " for character in line)
