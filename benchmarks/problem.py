"""What every contender trains: the layers of a spec, its first weights, and fixed synthetic data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROWS = 1024
CLASSES = 10
LEARNING_RATE = 1e-3
SPECS = Path(__file__).parent.parent / "specs"


@dataclass(frozen=True)
class Layer:
    """A layer: type "conv", "max_pool", "flatten" or "dense"; kernel and bias where it has weights.

    A dense kernel is [features, units], a convolution's [filters, channels, height, width].
    """

    type: str
    name: str
    activation: str = "linear"
    padding: int = 0
    size: int = 0
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None


@dataclass(frozen=True)
class Problem:
    """Layers with their first weights, the rows (float32 x, int64 y), and the rows of each step's batch.

    Dropout is left out: its random numbers differ from library to library. ``overrides`` does so in the spec.
    """

    path: Path
    overrides: dict[str, int]
    batch: int
    layers: list[Layer]
    x: np.ndarray
    y: np.ndarray
    indices: list[np.ndarray]


def problem(model: str) -> Problem:
    """The problem of ``specs/<model>.json``.

    Raises:
        ValueError: the spec has a layer that the contenders cannot all build.
    """
    path = SPECS / f"{model}.json"
    spec = json.loads(path.read_text())
    batch = spec["training"]["batch_size"]
    rng = np.random.default_rng(0)
    (given,) = spec["inputs"].values()
    shape, layers, overrides = list(given["shape"]), [], {}
    for number, declared in enumerate(spec["layers"]):
        if declared["type"] == "dropout":
            overrides[f"layers.{number}.rate"] = 0
            continue
        layers.append(_layer(declared, number, shape, rng))
        shape = _after(layers[-1], shape)
    x = rng.random((ROWS, *given["shape"]), np.float32)
    y = rng.integers(0, CLASSES, ROWS)
    order = [rng.permutation(ROWS) for _ in range(8)]
    indices = [rows[at : at + batch] for rows in order for at in range(0, ROWS, batch)]
    return Problem(path, overrides, batch, layers, x, y, indices)


def _layer(declared: dict, number: int, shape: list[int], rng: np.random.Generator) -> Layer:
    kind, activation = declared["type"], declared.get("activation", "linear")
    name = declared.get("name", "")
    if kind == "conv":
        size = declared["kernel"]
        padding = size // 2 if declared.get("padding") == "same" else 0
        kernel = _uniform(rng, [declared["filters"], shape[0], size, size], shape[0] * size * size)
        return Layer(kind, name, activation, padding, size, kernel, np.zeros(len(kernel), np.float32))
    if kind == "dense":
        kernel = _uniform(rng, [shape[0], declared["units"]], shape[0])
        return Layer(kind, name, activation, kernel=kernel, bias=np.zeros(kernel.shape[1], np.float32))
    if kind in ("max_pool", "flatten"):
        return Layer(kind, name, size=declared.get("size", 0))
    raise ValueError(f"layer {number}: the contenders know no {kind!r}")


def _uniform(rng: np.random.Generator, shape: list[int], fan_in: int) -> np.ndarray:
    limit = fan_in**-0.5
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def _after(layer: Layer, shape: list[int]) -> list[int]:
    """The shape of one row after *layer*."""
    if layer.type == "conv":
        return [len(layer.kernel), *(n + 2 * layer.padding - layer.size + 1 for n in shape[1:])]
    if layer.type == "max_pool":
        return [shape[0], *(n // layer.size for n in shape[1:])]
    if layer.type == "flatten":
        return [int(np.prod(shape))]
    return [*shape[:-1], layer.kernel.shape[1]]
