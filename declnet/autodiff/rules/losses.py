"""Gradients of ONNX's losses over class scores (N, C, ...) and integer targets (N, ...)."""

import numpy as np

from declnet.autodiff.registry import gradient


@gradient("NegativeLogLikelihoodLoss")
def negative_log_likelihood(node, dy):
    x = node.input(0)
    target, share, d_weight = _shares(node, dy, x)
    net = node.net
    dx = net.ScatterElements(node.zeros(x), net.Unsqueeze(target, [1]), net.Unsqueeze(-share, [1]), axis=1)
    return (dx, None, d_weight)[: len(node.inputs)]


@gradient("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy(node, dy, d_log=None):
    """softmax - (1 at the target), weighted: written as one scatter onto the probabilities."""
    net = node.net
    log = node.optional_output(1)
    total = None if d_log is None else d_log - net.Exp(log) * net.ReduceSum(d_log, [1], keepdims=1)
    if dy is None:
        return (total, None, None)[: len(node.inputs)]
    target, share, d_weight = _shares(node, dy, log)
    share, place = net.Unsqueeze(share, [1]), net.Unsqueeze(target, [1])
    dx = net.ScatterElements(net.Mul(net.Exp(log), share), place, -share, axis=1, reduction="add")
    return (dx if total is None else dx + total, None, d_weight)[: len(node.inputs)]


def _shares(node, dy, log):
    """The targets, safe to index with; the factor of each row's loss in the result; the gradient of the weights."""
    net, target, weight = node.net, node.input(1), node.input(2)
    ignored = node.attribute("ignore_index")
    used = None
    if ignored is not None:
        used = net.Not(net.Equal(target, np.array(ignored, target.dtype.numpy())))
        target = net.Where(used, target, np.array(0, target.dtype.numpy()))
        used = net.Cast(used, to=log.dtype)
    each = net.Gather(weight, target, axis=0) if weight is not None else None
    factor = each if used is None else used if each is None else each * used
    share = dy
    if node.attribute("reduction") == "mean":
        total = node.count(node.input(1), dy) if factor is None else net.ReduceSum(factor, keepdims=0)
        share = dy / (total if factor is None else net.Where(net.Equal(total, 0.0), 1.0, total))
    d_weight = None if weight is None else _weight_gradient(node, share, used, target, log)
    rows = net.Squeeze(net.GatherElements(log, net.Unsqueeze(target, [1]), axis=1), [1])
    if factor is None:
        return target, share if node.attribute("reduction") == "none" else net.Expand(share, net.Shape(rows)), d_weight
    return target, share * factor, d_weight


def _weight_gradient(node, share, used, target, log):
    """Each row moves its class's weight by its loss; of a weighted mean, by its loss less the mean."""
    net, weight = node.net, node.input(2)
    loss = -net.Squeeze(net.GatherElements(log, net.Unsqueeze(target, [1]), axis=1), [1])
    if node.attribute("reduction") == "mean":
        loss = loss - node.output
    rows = loss * share if used is None else loss * share * used
    flat = net.Reshape(target, [-1])
    return net.ScatterElements(node.zeros(weight), flat, net.Reshape(rows, [-1]), axis=0, reduction="add")
