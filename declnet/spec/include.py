"""Put the content of other files where ``{"$include": "file.json"}`` stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from declnet.schema import UNKNOWN
from declnet.spec.marks import DEPTH, Array, Mark, Mistakes, Object, items, mark_of
from declnet.spec.source import Reader
from declnet.wording import shown

KEY = "$include"
FILES = 1000


class Includes:
    """Resolves the includes of one spec; only files below *folder* may be included.

    The keys beside ``$include`` replace those of the included object. A list that is included as an item of a list is
    put into it, item by item.
    """

    def __init__(self, folder: Path, reader: Reader, mistakes: Mistakes):
        self.folder, self.reader, self.mistakes = folder, reader, mistakes
        self.files = 0

    def resolve(self, node: Any, mark: Mark, stack: tuple[Path, ...], depth: int = 0) -> Any:
        """*node* with all includes resolved; *stack* holds the files that are being read, outermost first.

        Raises:
            TooLarge: the files are too many, too large or nested too deeply.
        """
        if depth > DEPTH:
            raise self.mistakes.too_large(mark, "the spec is nested too deeply", allowed=f"{DEPTH} levels")
        if isinstance(node, Object) and KEY in node:
            return self._include(node, mark, stack, depth)
        if isinstance(node, Object):
            children = {
                key: self.resolve(value, mark_of(node, key, mark), stack, depth + 1) for key, value in items(node)
            }
            return Object(children, mark, node.marks)
        if isinstance(node, Array):
            return self._list(node, mark, stack, depth)
        return node

    def _list(self, node: Array, mark: Mark, stack: tuple[Path, ...], depth: int) -> Array:
        result = Array(mark=mark)
        for index, value in items(node):
            child = self.resolve(value, mark_of(node, index, mark), stack, depth + 1)
            splice = isinstance(value, dict) and KEY in value and isinstance(child, list)
            for part, part_mark in (
                [(part, mark_of(child, i, child.mark)) for i, part in items(child)]
                if splice
                else [(child, mark_of(node, index, mark))]
            ):
                result.marks[len(result)] = part_mark
                result.append(part)
        return result

    def _include(self, node: Object, mark: Mark, stack: tuple[Path, ...], depth: int) -> Any:
        place = mark_of(node, KEY, mark)
        path = self._path(node[KEY], place, stack)
        if path is None:
            return UNKNOWN
        self.files += 1
        if self.files > FILES:
            raise self.mistakes.too_large(place, "the spec includes too many files", allowed=f"{FILES} files")
        name = str(Path(place.text.name).parent / node[KEY]) if place.text.path else str(path)
        content = self.reader.read(path, name, place)
        if content is UNKNOWN:
            return UNKNOWN
        top = getattr(content, "mark", place)
        content = self.resolve(content, top, (*stack, path), depth + 1)
        siblings = {key: value for key, value in node.items() if key != KEY}
        if not siblings:
            return content
        if not isinstance(content, Object):
            allowed = "$include alone, or a file that holds an object"
            self.mistakes.note(
                "DN1007", place, f"keys beside $include, but {node[KEY]} holds no object", allowed=allowed
            )
            return UNKNOWN
        for key, value in siblings.items():
            content[key] = self.resolve(value, mark_of(node, key, mark), stack, depth + 1)
            content.marks[key] = mark_of(node, key, mark)
        return content

    def _path(self, value: Any, mark: Mark, stack: tuple[Path, ...]) -> Path | None:
        """The file that *value* names, or None after noting what is wrong with it."""
        if not isinstance(value, str) or not value:
            self.mistakes.note("DN1007", mark, "$include names a file", found=shown(value), allowed="a path")
            return None
        path = inside(self.folder, mark.text.path.parent if mark.text.path else self.folder, value)
        if path is None:
            note_outside(self.mistakes, mark, value, self.folder)
        elif path in stack:
            cycle = " → ".join(part.name for part in (*stack[stack.index(path) :], path))
            self.mistakes.note(
                "DN1007", mark, "a file includes itself", found=cycle, hint="remove one of these includes"
            )
        else:
            return path
        return None


def inside(folder: Path, base: Path, value: str) -> Path | None:
    """The absolute path of *value*, taken from *base*; None when it is not below *folder* or is no path."""
    try:
        path = (base / value).resolve()
        return path if not Path(value).is_absolute() and path.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError, RuntimeError):
        return None


def note_outside(mistakes: Mistakes, mark: Mark, value: str, folder: Path, hint: str | None = None) -> None:
    """Note that a path of the spec leaves the spec's folder."""
    allowed = "a relative path that stays below the folder of the spec"
    mistakes.note(
        "DN1006", mark, "the path leaves the folder of the spec", found=shown(value), allowed=allowed, hint=hint
    )
