"""From the values of a loss to the scalar that training makes small: their mean, weighted if the spec says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from declnet.graph import Value, describe, dims, known_dims
from declnet.lowering.loss_net import LossNet
from declnet.wording import shape_text

# What a batch without any weight is divided by: its loss is 0, not 0/0.
_LEAST = 1e-12


def mean(
    net: LossNet,
    result: Value | tuple[Value, Value],
    *,
    mask: Value | str | None = None,
    sample_weight: Value | str | None = None,
) -> Value:
    """The mean of what a loss returned, sum(weight * value) / sum(weight), as a scalar.

    Args:
        result: values of shape (N, ...), or such values and what each of them counts (one shape), as with class
            weights: sum(value) / sum(count). A scalar is already a mean.
        mask: values at 0 do not count; a value of the graph, of the shape of the loss's first axes, or the name of a
            column of the shape of all of them.
        sample_weight: what each value counts; a value of the graph, likewise, or the name of a column of one number
            for each row.

    Raises:
        LayerError: the loss gives one number for the whole batch, or a weight does not fit it.
    """
    values, counts = result if isinstance(result, tuple) else (result, None)
    weights = []
    if mask is not None:
        held = _weight(net, "mask", mask, values, "bool", values.shape)
        weights.append(net.Cast(net.Cast(held, to=np.dtype("bool")), to=np.dtype("float32")))
    if sample_weight is not None:
        held = _weight(net, "sample_weight", sample_weight, values, "float32", values.shape[:1])
        weights.append(held if held.dtype == values.dtype else net.Cast(held, to=np.dtype("float32")))
    if weights:
        values, counts = _weighted(net, values, counts, weights)
    if counts is None:
        return net.ReduceMean(values, keepdims=0) if values.rank else values
    return net.ReduceSum(values, keepdims=0) / net.Max(net.ReduceSum(counts, keepdims=0), _LEAST)


def _weighted(net: LossNet, values: Value, counts: Value | None, weights: list[Value]) -> tuple[Value, Value]:
    """Values and counts times the product of *weights*, once they are averaged over the axes that no weight has."""
    rank = max(weight.rank for weight in weights)
    weights = [net.Unsqueeze(w, list(range(w.rank, rank))) if w.rank < rank else w for w in weights]
    weight = weights[0] if len(weights) == 1 else weights[0] * weights[1]
    if rank < values.rank:
        axes = list(range(rank, values.rank))
        values = net.ReduceMean(values, axes, keepdims=0)
        counts = None if counts is None else net.ReduceMean(counts, axes, keepdims=0)
    if counts is None:
        # A weight of each row alone counts for all of its positions.
        counts = net.Expand(weight, net.Shape(values)) if dims(weight) != dims(values) else weight
        return values * weight, counts
    return values * weight, counts * weight


def _weight(net: LossNet, key: str, given: Value | str, values: Value, dtype: str, shape: Sequence[Any]) -> Value:
    """The value that the spec names at *key*; a column is declared with *dtype* and *shape*."""
    if not values.rank:
        raise net.error(
            "this loss gives one number for a whole batch, so its rows cannot be weighed",
            property=key,
            hint=f"remove {key!r}",
        )
    if isinstance(given, str):
        return net.column(key, given, dtype, shape)
    if not 1 <= given.rank <= values.rank or not net.fits(dims(given), known_dims(values)[: given.rank]):
        raise net.error(
            f"{key!r} does not fit the values of the loss",
            property=key,
            found=describe(given),
            allowed=f"the first axes of {shape_text(values.shape)}",
        )
    return given
