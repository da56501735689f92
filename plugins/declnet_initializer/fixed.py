"""Initializers that draw nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from declnet import GraphError, initializer


@initializer("fixed.schema.json#zeros")
def zeros(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """All weights are 0."""
    return np.zeros(shape, np.float32)


@initializer("fixed.schema.json#ones")
def ones(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """All weights are 1."""
    return np.ones(shape, np.float32)


@initializer("fixed.schema.json#constant")
def constant(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, value: float) -> np.ndarray:
    """All weights have one value."""
    return np.full(shape, value, np.float32)


@initializer("fixed.schema.json#identity")
def identity(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, gain: float) -> np.ndarray:
    """A layer that starts by handing its input on: gain on the diagonal, 0 elsewhere (Le, Jaitly and Hinton, 2015).

    A kernel of shape (outputs, inputs, ...) has the diagonal at its centre; a weight that is not square has as much
    of a diagonal as it can.

    Raises:
        GraphError: the weight has fewer than two axes.
    """
    if len(shape) < 2:
        raise GraphError(
            "the initializer identity makes matrices and kernels",
            code="DN1402",
            allowed="two or more axes",
            hint='use "zeros", "ones" or {"type": "constant", "value": ...} here',
        )
    values = np.zeros(shape, np.float32)
    centre: tuple[Any, ...] = (..., *(size // 2 for size in shape[2:]))
    np.fill_diagonal(values[centre], gain)
    return values
