"""What the front end hands on: a Spec, checked and normalised."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from declnet.component import KINDS
from declnet.errors import Diagnostic
from declnet.spec.marks import Object, locate


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
    properties: dict
    share: str | None
    freeze: bool
    pointer: str
    broken: bool


@dataclass(frozen=True)
class LossSpec:
    """One loss: *type* of what *source* gives against *target* (a column, a number for all rows, or nothing).

    ``weights`` holds the names at "mask" and "sample_weight", as far as they are given: layers, inputs or columns.
    """

    name: str
    type: str
    source: str
    target: str | float | None
    weight: float
    weights: dict[str, str]
    properties: dict
    pointer: str


@dataclass(frozen=True)
class Objective:
    """What an optimizer makes small, by changing which layers.

    ``layers`` are names of layers and blocks; None: all. A spec without ``training.objectives`` has one objective,
    called "".
    """

    name: str
    losses: tuple[LossSpec, ...]
    optimizer: dict
    layers: tuple[str, ...] | None
    pointer: str

    def trains(self, parameter: str) -> bool:
        """Whether the parameter of this name is one that this objective changes."""
        return self.layers is None or any(parameter.startswith(f"{layer}/") for layer in self.layers)


@dataclass(frozen=True)
class Spec:
    """A model spec: what was read, in normal form, and everything that is wrong with it.

    ``document`` is the normalised spec, plain JSON data: no includes, variables, blocks, repeats or shorthands, and
    all defaults filled in. Parsed again (with ``trusted=True``, since its paths are absolute), it gives itself.
    ``outputs`` maps a name to {"from", "as", "labels"?}; ``data`` and ``training`` are None when the spec has none;
    ``training["loss"]`` is always a list.
    """

    name: str
    inputs: dict[str, Input]
    layers: tuple[LayerSpec, ...]
    outputs: dict[str, dict]
    data: dict | None
    training: dict | None
    document: dict
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
        """What training makes small, in the order of one step; empty for a spec without training."""
        if not self.training or self.errors:
            return ()
        if "objectives" not in self.training:
            return (_objective("", self.training, "/training"),)
        given = enumerate(self.training["objectives"])
        return tuple(_objective(each["name"], each, f"/training/objectives/{k}") for k, each in given)

    def diagnostic(self, code: str, pointer: str, message: str, **facts: Any) -> Diagnostic:
        """A mistake at *pointer* of ``document``, located in the file, or where its nearest parent stands there."""
        return self.place(Diagnostic(code, message, **facts), pointer)

    def place(self, mistake: Diagnostic, pointer: str) -> Diagnostic:
        """The same *mistake* at *pointer* of ``document``, likewise."""
        mark, _ = locate(self.tree, tokens(pointer, self.tree))
        return mistake.at(**mark.place())


def _objective(name: str, given: dict, pointer: str) -> Objective:
    losses, layers = given["loss"], given.get("layers")
    made = []
    for k, loss in enumerate(losses):
        own = loss.get("name") or (loss["type"] if len(losses) == 1 else f"{loss['type']}_{k + 1}")
        made.append(
            LossSpec(
                name=f"{name}/{own}" if name else own,
                type=loss["type"],
                source=loss["from"],
                target=loss.get("target"),
                weight=loss["weight"],
                weights={key: loss[key] for key in ("mask", "sample_weight") if key in loss},
                properties={key: value for key, value in loss.items() if key not in KINDS["loss"].keys},
                pointer=f"{pointer}/loss/{k}",
            )
        )
    return Objective(name, tuple(made), given["optimizer"], None if layers is None else tuple(layers), pointer)


def tokens(pointer: str, tree) -> tuple:
    """The keys and indices of a JSON pointer into *tree*."""
    path, node = [], tree
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        key = int(token) if isinstance(node, list) and token.isdecimal() else token
        path.append(key)
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            node = None
    return tuple(path)
