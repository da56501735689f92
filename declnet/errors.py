"""The exceptions of declnet, and the form in which a mistake is shown.

    DeclnetError                 whatever declnet refuses; the command line prints it and exits with 2
    ├── SpecError                a spec is wrong: holds one Diagnostic per mistake
    ├── PluginError              a plugin is wrong, clashes with another, or is missing
    ├── GraphError               an ONNX graph, or a call of an ONNX operator, is wrong
    │   └── MissingGradient      an operator between loss and parameters has no gradient
    ├── DataError                a data source, column, split or array is wrong
    ├── RunError                 a run folder, checkpoint or exported file is wrong
    └── BackendError             the runtime that is installed cannot do what was asked

A Diagnostic answers: where, what was found, what is allowed, what to do. Its code is stable and is explained
in docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from declnet.wording import did_you_mean, listed, shown

CODES = {
    "DN0000": "declnet refused",
    "DN1001": "not JSON",
    "DN1002": "duplicate key",
    "DN1003": "NaN or Infinity",
    "DN1004": "file cannot be read, or has a byte order mark",
    "DN1005": "nested too deeply, or too large",
    "DN1006": "path leaves the folder of the spec",
    "DN1007": "include cycle, or a bad $include",
    "DN1101": "unknown key",
    "DN1102": "missing key",
    "DN1103": "wrong type of value",
    "DN1104": "value is not allowed",
    "DN1105": "unknown type, or its plugin is not installed",
    "DN1106": "bad override",
    "DN1201": "bad ${...} expression",
    "DN1202": "unknown variable",
    "DN1203": "bad block, repeat or share",
    "DN1301": "unknown layer or input name",
    "DN1302": "name used twice",
    "DN1303": "layer has the wrong number of inputs",
    "DN1401": "shapes do not fit",
    "DN1402": "a layer refused its properties or inputs",
    "DN1403": "model is too large",
    "DN1501": "warning: result is not used",
    "DN1502": "warning: key has no effect",
    "DN1503": "warning: probably a mistake",
    "DN2001": "plugin is wrong",
    "DN2002": "two plugins claim one name",
    "DN3001": "ONNX graph is wrong",
    "DN3002": "operator has no gradient",
    "DN3003": "gradient was asked for something that has none",
    "DN4001": "data cannot be read",
    "DN4002": "data do not fit the spec",
    "DN5001": "run folder cannot be used",
    "DN5002": "checkpoint does not fit",
    "DN5003": "export was refused: parity failed",
    "DN5004": "training diverged",
    "DN6001": "device, runtime or target is not available",
}


@dataclass(frozen=True)
class Diagnostic:
    """One mistake.

    ``line`` and ``column`` count from 1; ``width`` is the number of characters to underline; ``text`` is the
    source line. ``pointer`` is the JSON pointer in ``file``. All of them may be unknown.
    """

    code: str
    message: str
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    width: int = 1
    text: str | None = None
    pointer: str | None = None
    severity: str = "error"

    @classmethod
    def unknown(
        cls, code: str, message: str, name: str, known: Collection[str], more: str | None = None, **facts: Any
    ) -> Diagnostic:
        """The mistake that *name* is none of the *known* names: asks for the nearest, and shows a few of them.

        Args:
            message: what is unknown; ``; did you mean ...?`` follows it.
            more: the command that lists them all.
        """
        facts = {"found": shown(name), "allowed": listed(known, name, more) or "nothing, there are none"} | facts
        return cls(code, message + did_you_mean(name, known), **facts)

    def at(self, **fields: Any) -> Diagnostic:
        """Return this diagnostic with another place, or other words."""
        return replace(self, **fields)

    def as_dict(self) -> dict[str, Any]:
        """The fields that are known, for ``--json``."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        lines = [" ".join(part for part in (place, self.pointer, f"{self.severity}[{self.code}]") if part)]
        if self.text is not None and self.column is not None:
            lines += _excerpt(self.text, self.column, self.width)
        lines.append("  " + self.message)
        facts = [f"{name}: {_short(fact)}" for name, fact in (("found", self.found), ("allowed", self.allowed)) if fact]
        if facts:
            lines.append("  " + "; ".join(facts))
        if self.hint:
            lines.append("  " + self.hint)
        return "\n".join(lines)


def _excerpt(text: str, column: int, width: int, window: int = 100) -> list[str]:
    """The part of a source line around *column*, and a line of carets below it."""
    start = max(0, column - 1 - window // 2) if len(text) > window else 0
    shown = text[start : start + window].replace("\t", " ")
    room = max(1, len(shown) - (column - 1 - start))
    return ["  " + shown.rstrip(), "  " + " " * (column - 1 - start) + "^" * max(1, min(width, room))]


def _short(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class DeclnetError(Exception):
    """Whatever declnet refuses. ``str()`` is ready for a person to read."""

    code = "DN0000"

    def __init__(self, message: str, *, code: str | None = None, **facts: Any):
        self.diagnostics: tuple[Diagnostic, ...] = (Diagnostic(code or self.code, message, **facts),)
        super().__init__(message)

    @classmethod
    def unknown(cls, message: str, name: str, known: Collection[str], more: str | None = None, **facts: Any) -> Self:
        """Return the error for a *name* that is none of the *known* ones; see ``Diagnostic.unknown``."""
        code = facts.pop("code", cls.code)
        return cls.of([Diagnostic.unknown(code, message, name, known, more, **facts)])

    @classmethod
    def of(cls, diagnostics: Sequence[Diagnostic]) -> Self:
        """Return one error that holds several mistakes."""
        error = cls(diagnostics[0].message)
        error.diagnostics = tuple(diagnostics)
        return error

    def __str__(self) -> str:
        return "\n".join(str(diagnostic) for diagnostic in self.diagnostics)


class SpecError(DeclnetError):
    """A spec is wrong; ``diagnostics`` holds every mistake, in the order of the file."""

    def __init__(self, diagnostics: Sequence[Diagnostic]):
        self.diagnostics = tuple(diagnostics)
        Exception.__init__(self, f"{len(self.diagnostics)} mistakes in the spec")


class PluginError(DeclnetError):
    """A plugin is wrong, clashes with another, or is missing."""

    code = "DN2001"


class GraphError(DeclnetError):
    """An ONNX graph, or a call of an ONNX operator, is wrong."""

    code = "DN3001"


class MissingGradient(GraphError):
    """An operator that lies between the loss and a parameter has no gradient."""

    code = "DN3002"


class DataError(DeclnetError):
    """A data source, column, split or array is wrong."""

    code = "DN4001"


class RunError(DeclnetError):
    """A run folder, checkpoint or exported file is wrong."""

    code = "DN5001"


class BackendError(DeclnetError):
    """The runtime that is installed cannot do what was asked."""

    code = "DN6001"
