"""Read JSON texts so that every key and every value knows its place."""

from __future__ import annotations

import math
from collections.abc import Callable
from json.decoder import WHITESPACE, JSONDecodeError, scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from declnet.schema import UNKNOWN, pointer_to
from declnet.spec.marks import DEPTH, Array, Mark, Mistakes, Object, Text
from declnet.wording import shown

BYTES = 8 * 2**20
DIGITS = 20


class Reader:
    """Reads the files of one spec; all of them together hold at most 8 MB."""

    def __init__(self, mistakes: Mistakes):
        self.mistakes = mistakes
        self.texts = 0
        self.room = BYTES

    def read(self, path: Path, name: str, mark: Mark | None = None) -> Any:
        """The content of the file at *path*, shown as *name*; UNKNOWN after a mistake that leaves none.

        *mark* is where the file is asked for; a file that cannot be opened is a mistake there.

        Raises:
            TooLarge: the files of the spec are too large, or nested too deeply.
        """
        text = self.text(name, path=path)
        mark = mark or Mark(text)
        try:
            with path.open("rb") as file:
                data = file.read(self.room + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.mistakes.note("DN1004", mark, f"cannot read {shown(name)}: {reason}", allowed="a JSON file in UTF-8")
            return UNKNOWN
        self.room -= len(data)
        if self.room < 0:
            raise self.mistakes.too_large(
                mark, "the files of the spec are too large", allowed=f"{BYTES} bytes together"
            )
        if data.startswith(b"\xef\xbb\xbf"):
            hint = "save the file as UTF-8 without a byte order mark"
            self.mistakes.note("DN1004", Mark(text), "the file begins with a byte order mark", hint=hint)
            data = data[3:]
        try:
            content = data.decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"byte 0x{data[error.start]:02x} at offset {error.start}"
            self.mistakes.note(
                "DN1004", Mark(text), "the file is not UTF-8", found=found, hint="save the file as UTF-8"
            )
            return UNKNOWN
        return scan(Text(name, content, path, text.order), self.mistakes)

    def text(self, name: str, content: str | None = None, path: Path | None = None) -> Text:
        """A new text, which sorts after those before it."""
        self.texts += 1
        return Text(name, content, path, self.texts)


def scan(text: Text, mistakes: Mistakes) -> Any:
    """The JSON value of a text, in located containers; UNKNOWN when it is not JSON.

    Raises:
        TooLarge: it is nested too deeply.
    """
    scanner, content = _Scanner(text, mistakes), text.content or ""
    try:
        value, _, end = scanner.value(content, 0, None)
        end = WHITESPACE.match(content, end).end()
        if end != len(content):
            raise JSONDecodeError("Expected the end of the file", content, end)
        return value
    except JSONDecodeError as error:
        position = min(error.pos, len(content))
        found = shown(content[position]) if position < len(content) else "the end of the file"
        mark = Mark(text, pointer_to(tuple(scanner.path)), (position, position + 1))
        mistakes.note(
            "DN1001", mark, f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", found=found, hint=_hint(error)
        )
        return UNKNOWN


def _hint(error: JSONDecodeError) -> str | None:
    rest, before = error.doc[error.pos : error.pos + 8], error.doc[: error.pos].rstrip()[-1:]
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments; a spec may have a description"
    if rest.startswith("'"):
        return "JSON strings stand in double quotes"
    if rest.startswith(("True", "False", "None")):
        return "JSON spells true, false and null"
    if rest.startswith(("]", "}")) and before == ",":
        return "remove the comma before it"
    return None


class _Scanner:
    """The context of the standard library's JSON scanner: its own objects and arrays note where things stand."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float

    def __init__(self, text: Text, mistakes: Mistakes):
        self.text, self.mistakes = text, mistakes
        self.path: list[str | int] = []
        self.memo: dict = {}
        self.scan = py_make_scanner(self)

    def value(self, string: str, index: int, key: tuple[int, int] | None) -> tuple[Any, Mark, int]:
        """The value at *index* or after the space there; its mark; where it ends."""
        start = WHITESPACE.match(string, index).end()
        try:
            value, end = self.scan(string, start)
        except StopIteration as stop:
            raise JSONDecodeError("Expected a value", string, stop.value) from None
        mark = Mark(self.text, pointer_to(tuple(self.path)), (start, end), key)
        if isinstance(value, Object | Array):
            value.mark = mark
        elif isinstance(value, float) and not math.isfinite(value):
            self.mistakes.note("DN1003", mark, "not a finite number", found=string[start:end][:80], allowed="a number")
            value = UNKNOWN
        return value, mark, end

    def parse_object(
        self,
        place: tuple[str, int],
        strict: bool,
        scan_once: Callable,
        object_hook: None,
        object_pairs_hook: None,
        memo: dict | None = None,
    ) -> tuple[Object, int]:
        string, end = place
        self._enter(end - 1)
        result = Object()
        end = WHITESPACE.match(string, end).end()
        if string[end : end + 1] == "}":
            return result, end + 1
        while True:
            if string[end : end + 1] != '"':
                raise JSONDecodeError("Expected a key in double quotes", string, end)
            start = end
            key, end = self.parse_string(string, end + 1, strict)
            span = (start, end)
            end = WHITESPACE.match(string, end).end()
            if string[end : end + 1] != ":":
                raise JSONDecodeError("Expected ':' after the key", string, end)
            self.path.append(key)
            value, mark, end = self.value(string, end + 1, span)
            self.path.pop()
            if key in result:
                first = result.marks[key].place(on_key=True)
                hint = f"it is given first at {first['line']}:{first['column']}; remove one of them"
                self.mistakes.note("DN1002", mark, f"duplicate key {shown(key)}", on_key=True, hint=hint)
            else:
                result[key], result.marks[key] = value, mark
            end = WHITESPACE.match(string, end).end()
            if string[end : end + 1] == "}":
                return result, end + 1
            if string[end : end + 1] != ",":
                raise JSONDecodeError("Expected ',' or '}'", string, end)
            end = WHITESPACE.match(string, end + 1).end()

    def parse_array(self, place: tuple[str, int], scan_once: Callable) -> tuple[Array, int]:
        string, end = place
        self._enter(end - 1)
        result = Array()
        end = WHITESPACE.match(string, end).end()
        if string[end : end + 1] == "]":
            return result, end + 1
        while True:
            self.path.append(len(result))
            value, mark, end = self.value(string, end, None)
            self.path.pop()
            result.marks[len(result)] = mark
            result.append(value)
            end = WHITESPACE.match(string, end).end()
            if string[end : end + 1] == "]":
                return result, end + 1
            if string[end : end + 1] != ",":
                raise JSONDecodeError("Expected ',' or ']'", string, end)
            end += 1

    def parse_string(self, string: str, end: int, strict: bool) -> tuple[str, int]:
        value, stop = scanstring(string, end, strict)
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise JSONDecodeError("Half of a surrogate pair in a string", string, end - 1)
        return value, stop

    def parse_int(self, digits: str) -> int | float:
        """An integer; one of absurd length as a float, which is told as too large or not finite."""
        return int(digits) if len(digits) <= DIGITS else float(digits)

    def parse_constant(self, name: str) -> float:
        return float(name)

    def _enter(self, start: int) -> None:
        if len(self.path) >= DEPTH:
            mark = Mark(self.text, pointer_to(tuple(self.path)), (start, start + 1))
            raise self.mistakes.too_large(mark, "the spec is nested too deeply", allowed=f"{DEPTH} levels")
