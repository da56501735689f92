"""Gradients of ONNX's losses over class scores (N, C, ...) and integer targets (N, ...)."""

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Value


@gradient("NegativeLogLikelihoodLoss")
def negative_log_likelihood(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    target, share, d_weight = _shares(node, dy, x)
    graph = node.graph
    dx = graph.ScatterElements(node.zeros(x), graph.Unsqueeze(target, [1]), graph.Unsqueeze(-share, [1]), axis=1)
    return (dx, None, d_weight)[: len(node.inputs)]


@gradient("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy(node: Node, dy: Value | None, d_log: Value | None = None) -> Gradients:
    """softmax - (1 at the target), weighted: written as one scatter onto the probabilities."""
    graph = node.graph
    log = node.optional_output(1)
    total = None if d_log is None else d_log - graph.Exp(log) * graph.ReduceSum(d_log, [1], keepdims=1)
    if dy is None:
        return (total, None, None)[: len(node.inputs)]
    target, share, d_weight = _shares(node, dy, log)
    share, place = graph.Unsqueeze(share, [1]), graph.Unsqueeze(target, [1])
    dx = graph.ScatterElements(graph.Mul(graph.Exp(log), share), place, -share, axis=1, reduction="add")
    return (dx if total is None else dx + total, None, d_weight)[: len(node.inputs)]


def _shares(node: Node, dy: Value, log: Value) -> tuple[Value, Value, Value | None]:
    """The targets, safe to index with; the factor of each row's loss in the result; the gradient of the weights."""
    graph, target, weight = node.graph, node.input(1), node.input(2)
    ignored = node.attribute("ignore_index")
    used = None
    if ignored is not None:
        used = graph.Not(graph.Equal(target, np.array(ignored, target.dtype.numpy())))
        target = graph.Where(used, target, np.array(0, target.dtype.numpy()))
        used = graph.Cast(used, to=log.dtype)
    each = graph.Gather(weight, target, axis=0) if weight is not None else None
    factor = each if used is None else used if each is None else each * used
    share = dy
    if node.attribute("reduction") == "mean":
        total = node.count(node.input(1), dy) if factor is None else graph.ReduceSum(factor, keepdims=0)
        share = dy / (total if factor is None else graph.Where(graph.Equal(total, 0.0), 1.0, total))
    d_weight = None if weight is None else _weight_gradient(node, share, used, target, log)
    rows = graph.Squeeze(graph.GatherElements(log, graph.Unsqueeze(target, [1]), axis=1), [1])
    if factor is None:
        return (
            target,
            share if node.attribute("reduction") == "none" else graph.Expand(share, graph.Shape(rows)),
            d_weight,
        )
    return target, share * factor, d_weight


def _weight_gradient(node: Node, share: Value, used: Value | None, target: Value, log: Value) -> Value:
    """Each row moves its class's weight by its loss; of a weighted mean, by its loss less the mean."""
    graph, weight = node.graph, node.input(2)
    loss = -graph.Squeeze(graph.GatherElements(log, graph.Unsqueeze(target, [1]), axis=1), [1])
    if node.attribute("reduction") == "mean":
        loss = loss - node.output
    rows = loss * share if used is None else loss * share * used
    flat = graph.Reshape(target, [-1])
    return graph.ScatterElements(node.zeros(weight), flat, graph.Reshape(rows, [-1]), axis=0, reduction="add")
