"""The sections of a spec that has no mistakes: frozen objects, made once of the normalised document.

The schemas fill in the defaults and allow no other keys, so each key is here as it stands there; "from", a keyword of
Python, is called *source*, and "as" *kind*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from declnet.kinds import KINDS


@dataclass(frozen=True)
class Output:
    """One output of the exported model: what *source* gives, as *kind* says; ``labels`` are the names of classes."""

    source: str
    kind: Literal["value", "class", "binary"]
    labels: tuple[str, ...] | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Output:
        labels = given.get("labels")
        return cls(given["from"], given["as"], None if labels is None else tuple(labels))


@dataclass(frozen=True)
class Split:
    """Which rows are held back: a share below 1, or a number of rows.

    ``stratify`` names the column whose classes each part has in the same mix; True: the only one that holds classes.
    """

    validation: int | float
    test: int | float
    stratify: bool | str
    seed: int


@dataclass(frozen=True)
class Data:
    """Where the rows come from, a component with its properties, and how they are split."""

    source: dict[str, Any]
    split: Split

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Data:
        return cls(given["source"], Split(**given["split"]))


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
    properties: dict[str, Any]
    pointer: str


@dataclass(frozen=True)
class Objective:
    """What an optimizer makes small, by changing which layers.

    ``layers`` are names of layers and blocks; None: all. A spec without ``training.objectives`` has one objective,
    called "".
    """

    name: str
    losses: tuple[LossSpec, ...]
    optimizer: dict[str, Any]
    layers: tuple[str, ...] | None
    pointer: str

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any], pointer: str) -> Objective:
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
                    properties=_properties("loss", loss),
                    pointer=f"{pointer}/loss/{k}",
                )
            )
        return cls(name, tuple(made), given["optimizer"], None if layers is None else tuple(layers), pointer)

    def trains(self, parameter: str) -> bool:
        """Whether the parameter of this name is one that this objective changes."""
        return self.layers is None or any(parameter.startswith(f"{layer}/") for layer in self.layers)


@dataclass(frozen=True)
class MetricSpec:
    """One metric: *type* of what *source* gives against the column *target*."""

    type: str
    name: str | None
    source: str
    target: str
    properties: dict[str, Any]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> MetricSpec:
        return cls(given["type"], given.get("name"), given["from"], given["target"], _properties("metric", given))

    @property
    def figure(self) -> str:
        """The name under which it is reported."""
        return self.name or self.type


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the figure *monitor* has not improved, by more than *minimum_delta*, for *patience* epochs."""

    monitor: str
    patience: int
    minimum_delta: float
    restore_best: bool


@dataclass(frozen=True)
class Checkpointing:
    """A checkpoint every so many epochs, of which the last *keep* stay."""

    keep: int
    every_epochs: int


@dataclass(frozen=True)
class InitializeFrom:
    """The run or file whose weights to begin with; *strict*: each weight must be there, in its shape."""

    path: Path
    strict: bool


@dataclass(frozen=True)
class Training:
    """How the model is trained; ``objectives`` has one for the section's own loss and optimizer, or those it lists."""

    epochs: int
    batch_size: int
    seed: int
    objectives: tuple[Objective, ...]
    metrics: tuple[MetricSpec, ...]
    observers: tuple[dict[str, Any], ...]
    early_stopping: EarlyStopping | None
    checkpoint: Checkpointing
    gradient_clip_norm: float | None
    initialize_from: InitializeFrom | None

    @property
    def restores_best(self) -> bool:
        """Whether the weights of the best epoch are kept at the end, not the last ones."""
        return self.early_stopping is None or self.early_stopping.restore_best

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Training:
        stopping, first = given.get("early_stopping"), given.get("initialize_from")
        return cls(
            epochs=given["epochs"],
            batch_size=given["batch_size"],
            seed=given["seed"],
            objectives=_objectives(given),
            metrics=tuple(MetricSpec.of(metric) for metric in given["metrics"]),
            observers=tuple(given["observers"]),
            early_stopping=EarlyStopping(**stopping) if stopping else None,
            checkpoint=Checkpointing(**given["checkpoint"]),
            gradient_clip_norm=given["gradient_clip_norm"],
            initialize_from=InitializeFrom(Path(first["path"]), first["strict"]) if first else None,
        )


def _objectives(training: Mapping[str, Any]) -> tuple[Objective, ...]:
    if "objectives" not in training:
        return (Objective.of("", training, "/training"),)
    given = enumerate(training["objectives"])
    return tuple(Objective.of(each["name"], each, f"/training/objectives/{k}") for k, each in given)


def _properties(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a component: what declnet itself does not read."""
    return {key: value for key, value in given.items() if key not in KINDS[kind].keys}
