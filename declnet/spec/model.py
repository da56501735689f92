"""What the front end hands on: a Spec, checked and normalised."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from declnet.errors import Diagnostic
from declnet.spec.marks import Object, locate
from declnet.spec.sections import Data, Objective, Output, Training


@dataclass(frozen=True)
class Input:
    """One input of the model; *shape* is that of one row, without the batch axis: sizes, or names of unknown ones."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class LayerSpec:
    """One layer, after blocks and repeats are unrolled.

    ``inputs`` are names of inputs and earlier layers, or ``layer.output``. ``share`` names the layer whose weights
    (and type and properties) this one has. ``pointer`` leads into ``Spec.document``. ``broken``: it has a mistake of
    its own, so that later phases pass over it and over what depends on it.
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    properties: dict[str, Any]
    share: str | None
    freeze: bool
    pointer: str
    broken: bool


@dataclass(frozen=True)
class Spec:
    """A model spec: what was read, in normal form, and everything that is wrong with it.

    ``document`` is the normalised spec, plain JSON data: no includes, variables, blocks, repeats or shorthands, and
    all defaults filled in. Parsed again (with ``trusted=True``, since its paths are absolute), it gives itself.
    ``outputs`` (by name), ``data`` and ``training`` are what a right document says; with errors there are no outputs,
    and data and training are None, as they are where the spec has none.
    """

    name: str
    inputs: dict[str, Input]
    layers: tuple[LayerSpec, ...]
    outputs: dict[str, Output]
    data: Data | None
    training: Training | None
    document: dict[str, Any]
    folder: Path
    diagnostics: tuple[Diagnostic, ...]
    tree: Object = field(repr=False, compare=False)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "warning")

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What training makes small, in the order of one step; empty for a spec with errors or without training."""
        return self.training.objectives if self.training else ()

    def diagnostic(self, code: str, pointer: str, message: str, **facts: Any) -> Diagnostic:
        """A mistake at *pointer* of ``document``, located in the file, or where its nearest parent stands there."""
        return self.place(Diagnostic(code, message, **facts), pointer)

    def place(self, mistake: Diagnostic, pointer: str) -> Diagnostic:
        """The same *mistake* at *pointer* of ``document``, likewise."""
        mark, _ = locate(self.tree, tokens(pointer, self.tree))
        return mistake.at(**mark.place())


def tokens(pointer: str | None, tree: Any) -> tuple[str | int, ...]:
    """The keys and indices of a JSON pointer into *tree*; None points to all of it."""
    path: list[str | int] = []
    node = tree
    for token in (pointer or "").split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        key: str | int = int(token) if isinstance(node, list) and token.isdecimal() else token
        path.append(key)
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            node = None
    return tuple(path)
