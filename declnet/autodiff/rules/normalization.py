"""Gradients of normalisations and of dropout.

All but the first two derive from one fact: of x̂ = (x - mean) / deviation, over axes with n elements,
dx = (dx̂ - mean(dx̂) - x̂ · mean(dx̂ · x̂)) / deviation.
"""

import math

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Graph, Value, dims, known_dims


@gradient("Dropout")
def dropout(node: Node, dy: Value, _: Value | None = None) -> Gradients:
    """Through the mask of the forward pass."""
    graph, ratio, training = node.graph, node.input(1), node.constant(2)
    rest = (None,) * (len(node.inputs) - 1)
    if node.input(2) is None or (training is not None and not training):
        return dy, *rest
    kept = dy * graph.Cast(node.optional_output(1), to=dy.dtype)
    known = node.constant(1)
    if ratio is None or known is not None:
        rate = 0.5 if known is None else float(known.item())
        scaled = kept / max(1.0 - rate, 1e-30)
    else:
        scaled = kept / graph.Cast(1.0 - ratio, to=dy.dtype)
    return scaled if training is not None else graph.Where(node.input(2), scaled, dy), *rest


@gradient("BatchNormalization")
def batch_normalization(
    node: Node, dy: Value | None, d_running_mean: Value | None = None, d_running_variance: Value | None = None
) -> Gradients:
    x, scale, _, mean, variance = node.inputs
    dy = node.zeros(x) if dy is None else dy
    if not node.attribute("training_mode"):
        return _with_given_statistics(node, dy)
    momentum = node.attribute("momentum")
    mean, variance = _batch_statistics(node)
    centred, inverse, d_scale, d_bias = _batch_sums(node, dy, mean, variance)
    n = node.count(x, mean, _but_channels(x))
    slope = scale * inverse
    curve = -(slope * inverse * d_scale) / n
    level = -(slope * d_bias) / n
    if d_running_mean is not None:
        level = level + d_running_mean * ((1 - momentum) / n)
    if d_running_variance is not None:
        curve = curve + d_running_variance * (2 * (1 - momentum) / n)
    dx = dy * _channels(node, slope) + centred * _channels(node, curve) + _channels(node, level)
    d_mean, d_variance = (None if d is None else d * momentum for d in (d_running_mean, d_running_variance))
    return dx, d_scale, d_bias, d_mean, d_variance


@gradient("BatchNormalization", needs={"com.microsoft"})
def batch_normalization_fused(
    node: Node, dy: Value | None, d_running_mean: Value | None = None, d_running_variance: Value | None = None
) -> Gradients:
    """BatchNormalizationGrad takes half the time of the standard operators."""
    x, scale = node.input(0), node.input(1)
    unusual = dy is None or d_running_mean is not None or d_running_variance is not None or x.dtype.name != "FLOAT"
    if unusual or not node.attribute("training_mode"):
        return NotImplemented
    graph = node.graph
    mean, variance = _batch_statistics(node)
    return *graph.op(
        "BatchNormalizationGrad",
        *(dy, x, scale, mean, graph.Reciprocal(graph.Sqrt(variance + node.attribute("epsilon")))),
        domain="com.microsoft",
        types=[(x.dtype, dims(x)), (scale.dtype, dims(scale)), (scale.dtype, dims(scale))],
        epsilon=node.attribute("epsilon"),
    ), None, None  # fmt: skip


def _batch_statistics(node: Node) -> tuple[Value, Value]:
    """Mean and variance of the batch, which are the operator's own outputs where momentum is 0."""
    if node.attribute("momentum") == 0:
        node.optional_output(2)
        return node.outputs[1:3]
    x, scale, bias, mean, variance = node.inputs
    how = {"epsilon": node.attribute("epsilon"), "momentum": 0.0, "training_mode": 1}
    # ONNX Runtime writes these outputs over the last two inputs, which the forward node reads as well.
    return node.graph.BatchNormalization(x, scale, bias, -mean, -variance, outputs=3, **how)[1:]


def _batch_sums(node: Node, dy: Value, mean: Value, variance: Value) -> tuple[Value, Value, Value, Value]:
    """x - mean, 1 / deviation, and the gradients of scale and bias."""
    graph, x = node.graph, node.input(0)
    centred = x - _channels(node, mean)
    inverse = graph.Reciprocal(graph.Sqrt(variance + node.attribute("epsilon")))
    axes = _but_channels(x)
    return (
        centred,
        inverse,
        graph.ReduceSum(dy * centred, axes, keepdims=0) * inverse,
        graph.ReduceSum(dy, axes, keepdims=0),
    )


def _with_given_statistics(node: Node, dy: Value) -> Gradients:
    _, scale, _, mean, variance = node.inputs
    _, inverse, d_scale, d_bias = _batch_sums(node, dy, mean, variance)
    slope = scale * inverse
    d_variance = slope * inverse * d_scale * -0.5
    return dy * _channels(node, slope), d_scale, d_bias, -(slope * d_bias), d_variance


def _channels(node: Node, vector: Value) -> Value:
    """*vector* (C) against x (N, C, ...)."""
    return node.graph.Reshape(vector, [-1] + [1] * (len(node.input(0).shape) - 2))


def _but_channels(x: Value) -> list[int]:
    return [axis for axis in range(len(known_dims(x))) if axis != 1]


@gradient("LayerNormalization")
def layer_normalization(
    node: Node, dy: Value | None, d_mean: Value | None = None, d_inverse: Value | None = None
) -> Gradients:
    graph, x, scale = node.graph, node.input(0), node.input(1)
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    dy = node.zeros(x) if dy is None else dy
    axes = list(range(node.attribute("axis") % len(x.shape), len(x.shape)))
    if x.dtype.name == "FLOAT":
        node.optional_output(2)
        mean, inverse = node.outputs[1:3]
        normal = graph.Mul(graph.Sub(x, mean), inverse)
    else:
        normal, inverse = _normalize(node, axes)
    dx = _through_normal(graph, dy * scale, normal, inverse, axes)
    n = node.count(x, inverse, axes)
    if d_mean is not None:
        dx = dx + d_mean / n
    if d_inverse is not None:
        dx = dx - normal * graph.Mul(d_inverse / n, graph.Mul(inverse, inverse))
    return (dx, dy * normal, dy)[: len(node.inputs)]


@gradient("InstanceNormalization")
def instance_normalization(node: Node, dy: Value) -> Gradients:
    graph, x, scale = node.graph, node.input(0), node.input(1)
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    axes = list(range(2, len(x.shape)))
    normal, inverse = _normalize(node, axes)
    dx = _through_normal(graph, dy * _channels(node, scale), normal, inverse, axes)
    rest = [0, *axes]
    return dx, graph.ReduceSum(dy * normal, rest, keepdims=0), graph.ReduceSum(dy, rest, keepdims=0)


def _normalize(node: Node, axes: list[int]) -> tuple[Value, Value]:
    """x̂ and 1 / deviation, over *axes*."""
    graph, x = node.graph, node.input(0)
    centred = x - graph.ReduceMean(x, axes, keepdims=1)
    variance = graph.ReduceMean(centred * centred, axes, keepdims=1)
    inverse = graph.Reciprocal(graph.Sqrt(variance + node.attribute("epsilon")))
    return centred * inverse, inverse


def _through_normal(graph: Graph, dy: Value, normal: Value, inverse: Value, axes: list[int]) -> Value:
    """dx of x̂ = normal, given its gradient *dy*."""
    mean = graph.ReduceMean(dy, axes, keepdims=1)
    along = graph.ReduceMean(dy * normal, axes, keepdims=1)
    return graph.Mul(dy - mean - normal * along, inverse)


@gradient("LpNormalization")
def lp_normalization(node: Node, dy: Value) -> Gradients:
    """Of y = x / |x|: (dy - |x|' · sum(dy · y)) / |x|, and 0 where the norm is 0."""
    graph, x, axis, p = node.graph, node.input(0), node.attribute("axis"), node.attribute("p")
    norm = (graph.ReduceL1 if p == 1 else graph.ReduceL2)(x, [axis], keepdims=1)
    along = graph.ReduceSum(dy * node.output, [axis], keepdims=1)
    slope = graph.Sign(x) if p == 1 else node.output
    inverse = graph.Where(graph.Equal(norm, 0.0), 0.0, graph.Reciprocal(norm))
    return ((dy - slope * along) * inverse,)


@gradient("LRN")
def local_response_normalization(node: Node, dy: Value) -> Gradients:
    """Of y = x · s^-beta, s = bias + alpha / size · (the sum of squares over size neighbouring channels)."""
    graph, x, size = node.graph, node.input(0), node.attribute("size")
    alpha, beta, bias = (node.attribute(name) for name in ("alpha", "beta", "bias"))
    before, after = (size - 1) // 2, math.ceil((size - 1) / 2)

    def neighbours(value: Value, pads: tuple[int, int]) -> Value:
        flat = graph.Reshape(graph.Unsqueeze(value, [1]), [0, 1, 0, -1])
        kernel = graph.constant(np.ones([1, 1, size, 1]), value.dtype)
        return graph.Reshape(graph.Conv(flat, kernel, pads=[pads[0], 0, pads[1], 0]), graph.shape_of(x))

    s = neighbours(x * x, (before, after)) * (alpha / size) + bias
    share = neighbours(dy * node.output / s, (after, before))
    return (dy * graph.Pow(s, -beta) - x * share * (2 * alpha * beta / size),)
