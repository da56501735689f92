"""A choice between a tensor and a number, by arithmetic."""

from __future__ import annotations

import math

import onnx_ir as ir

from declnet.graph import Graph, dims, inputs
from declnet.target import Target


def where_by_product(graph: Graph, target: Target) -> Graph:
    """Take Where(mask, x, number) as x * mask + (1 - mask) * number, if Where is slow.

    0 times an infinity is not 0. So it is done where the number is finite, and whoever made x promises that x is
    (``net.finite``): a Where that keeps away an infinity or NaN stays.
    """
    if "Where" not in target.costs.slow:
        return graph
    for node in graph.nodes("Where"):
        condition, x, other = inputs(node)
        kept = True
        if _number(x) is not None:
            x, other, kept = other, x, False
        number = _number(other)
        if condition is None or x is None or x not in graph.finite or number is None or not math.isfinite(number):
            continue
        with graph.replacing(node):
            mask = graph.Cast(condition if kept else graph.Not(condition), to=x.dtype)
            filled = graph.Mul(graph.Sub(mask, 1.0), -number)
            graph.substitute(node.outputs[0], graph.Add(graph.Mul(x, mask), filled))
    return graph


def _number(value: ir.Value | None) -> float | None:
    """The scalar that *value* is known to be."""
    if value is None or value.const_value is None or dims(value) != ():
        return None
    return float(value.const_value.numpy())
