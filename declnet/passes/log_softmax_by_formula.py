"""The logarithm of a softmax off the last axis, by elementwise operators and sums."""

from __future__ import annotations

from declnet.graph import Graph, dims, inputs
from declnet.target import Target


def log_softmax_by_formula(graph: Graph, target: Target) -> Graph:
    """Take LogSoftmax by its formula where axes follow its own, if it is slow there: onnxruntime transposes.

    What is taken off before the exponential changes nothing but its range; a whole number has no gradient.
    """
    if "LogSoftmax" not in target.costs.slow:
        return graph
    for node in graph.nodes("LogSoftmax"):
        (x,), axis = inputs(node), node.attributes.get_int("axis", -1)
        shape = None if x is None else dims(x)
        if x is None or shape is None or axis in (-1, len(shape) - 1):
            continue
        with graph.replacing(node):
            shifted = graph.Sub(x, graph.Ceil(graph.ReduceMax(x, [axis])))
            total = graph.ReduceSum(graph.Exp(shifted), [axis])
            graph.substitute(node.outputs[0], graph.Sub(shifted, graph.Log(total)))
    return graph
