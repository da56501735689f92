"""The statistics that a layer may have fitted on the training split: ``net.statistic(name, x, kind, axes)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# What is reduced, part by part: each call goes through all rows once more.
Parts = Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Reduction:
    """``reduce`` takes the parts of a value, and gives what they have along axes, which stay as 1.

    ``neutral`` is the statistic of standardised data, which stands for it until the data are seen.
    """

    neutral: float
    reduce: Callable[[Parts, tuple[int, ...]], np.ndarray]


def _mean(parts: Parts, axes: tuple[int, ...]) -> np.ndarray:
    total: Any = 0
    count: int | np.integer = 0
    for part in parts():
        total = total + part.sum(axis=axes, keepdims=True)
        count += np.prod([part.shape[axis] for axis in axes])
    return total / count


def _standard_deviation(parts: Parts, axes: tuple[int, ...]) -> np.ndarray:
    """That of the population."""
    mean = _mean(parts, axes)
    return np.sqrt(_mean(lambda: ((part - mean) ** 2 for part in parts()), axes))


def _extreme(pick: Callable) -> Callable[[Parts, tuple[int, ...]], np.ndarray]:
    def reduce(parts: Parts, axes: tuple[int, ...]) -> np.ndarray:
        return pick(np.stack([pick(part, axis=axes, keepdims=True) for part in parts()]), axis=0)

    return reduce


REDUCTIONS = {
    "mean": Reduction(0.0, _mean),
    "standard_deviation": Reduction(1.0, _standard_deviation),
    "minimum": Reduction(0.0, _extreme(np.min)),
    "maximum": Reduction(1.0, _extreme(np.max)),
}
