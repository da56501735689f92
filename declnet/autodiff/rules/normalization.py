"""Gradients of normalisations and of dropout.

All but the first two derive from one fact: of x̂ = (x - mean) / deviation, over axes with n elements,
dx = (dx̂ - mean(dx̂) - x̂ · mean(dx̂ · x̂)) / deviation.
"""

import math

import numpy as np

from declnet.autodiff.registry import gradient
from declnet.graph import dims


@gradient("Dropout")
def dropout(node, dy, _=None):
    """Through the mask of the forward pass."""
    net, ratio, training = node.net, node.input(1), node.constant(2)
    rest = (None,) * (len(node.inputs) - 1)
    if node.input(2) is None or (training is not None and not training):
        return dy, *rest
    kept = dy * net.Cast(node.optional_output(1), to=dy.dtype)
    if ratio is None or node.constant(1) is not None:
        rate = 0.5 if ratio is None else float(node.constant(1))
        scaled = kept / max(1.0 - rate, 1e-30)
    else:
        scaled = kept / net.Cast(1.0 - ratio, to=dy.dtype)
    return scaled if training is not None else net.Where(node.input(2), scaled, dy), *rest


@gradient("BatchNormalization")
def batch_normalization(node, dy, d_running_mean=None, d_running_variance=None):
    x, scale, _, mean, variance = node.inputs
    if not node.attribute("training_mode"):
        return _with_given_statistics(node, dy)
    momentum = node.attribute("momentum")
    dy = node.zeros(x) if dy is None else dy
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
def batch_normalization_fused(node, dy, d_running_mean=None, d_running_variance=None):
    """BatchNormalizationGrad takes half the time of the standard operators."""
    x, scale = node.input(0), node.input(1)
    unusual = dy is None or d_running_mean is not None or d_running_variance is not None or x.dtype.name != "FLOAT"
    if unusual or not node.attribute("training_mode"):
        return NotImplemented
    net = node.net
    mean, variance = _batch_statistics(node)
    return *net.op(
        "BatchNormalizationGrad",
        *(dy, x, scale, mean, net.Reciprocal(net.Sqrt(variance + node.attribute("epsilon")))),
        domain="com.microsoft",
        types=[(x.dtype, dims(x)), (scale.dtype, dims(scale)), (scale.dtype, dims(scale))],
        epsilon=node.attribute("epsilon"),
    ), None, None  # fmt: skip


def _batch_statistics(node):
    """Mean and variance of the batch, which are the operator's own outputs where momentum is 0."""
    if node.attribute("momentum") == 0:
        node.optional_output(2)
        return node.outputs[1:3]
    x, scale, bias, mean, variance = node.inputs
    how = {"epsilon": node.attribute("epsilon"), "momentum": 0.0, "training_mode": 1}
    # ONNX Runtime writes these outputs over the last two inputs, which the forward node reads as well.
    return node.net.BatchNormalization(x, scale, bias, -mean, -variance, outputs=3, **how)[1:]


def _batch_sums(node, dy, mean, variance):
    """x - mean, 1 / deviation, and the gradients of scale and bias."""
    net, x = node.net, node.input(0)
    centred = x - _channels(node, mean)
    inverse = net.Reciprocal(net.Sqrt(variance + node.attribute("epsilon")))
    axes = _but_channels(x)
    return (
        centred,
        inverse,
        net.ReduceSum(dy * centred, axes, keepdims=0) * inverse,
        net.ReduceSum(dy, axes, keepdims=0),
    )


def _with_given_statistics(node, dy):
    _, scale, _, mean, variance = node.inputs
    _, inverse, d_scale, d_bias = _batch_sums(node, dy, mean, variance)
    slope = scale * inverse
    d_variance = slope * inverse * d_scale * -0.5
    return dy * _channels(node, slope), d_scale, d_bias, -(slope * d_bias), d_variance


def _channels(node, vector):
    """*vector* (C) against x (N, C, ...)."""
    return node.net.Reshape(vector, [-1] + [1] * (len(node.input(0).shape) - 2))


def _but_channels(x):
    return [axis for axis in range(len(x.shape)) if axis != 1]


@gradient("LayerNormalization")
def layer_normalization(node, dy, d_mean=None, d_inverse=None):
    net, x, scale = node.net, node.input(0), node.input(1)
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    dy = node.zeros(x) if dy is None else dy
    axes = list(range(node.attribute("axis") % len(x.shape), len(x.shape)))
    if x.dtype.name == "FLOAT":
        node.optional_output(2)
        mean, inverse = node.outputs[1:3]
        normal = net.Mul(net.Sub(x, mean), inverse)
    else:
        normal, inverse = _normalize(node, axes)
    dx = _through_normal(net, dy * scale, normal, inverse, axes)
    n = node.count(x, inverse, axes)
    if d_mean is not None:
        dx = dx + d_mean / n
    if d_inverse is not None:
        dx = dx - normal * net.Mul(d_inverse / n, net.Mul(inverse, inverse))
    return (dx, dy * normal, dy)[: len(node.inputs)]


@gradient("InstanceNormalization")
def instance_normalization(node, dy):
    net, x, scale = node.net, node.input(0), node.input(1)
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    axes = list(range(2, len(x.shape)))
    normal, inverse = _normalize(node, axes)
    dx = _through_normal(net, dy * _channels(node, scale), normal, inverse, axes)
    rest = [0, *axes]
    return dx, net.ReduceSum(dy * normal, rest, keepdims=0), net.ReduceSum(dy, rest, keepdims=0)


def _normalize(node, axes):
    """x̂ and 1 / deviation, over *axes*."""
    net, x = node.net, node.input(0)
    centred = x - net.ReduceMean(x, axes, keepdims=1)
    variance = net.ReduceMean(centred * centred, axes, keepdims=1)
    inverse = net.Reciprocal(net.Sqrt(variance + node.attribute("epsilon")))
    return centred * inverse, inverse


def _through_normal(net, dy, normal, inverse, axes):
    """dx of x̂ = normal, given its gradient *dy*."""
    mean = net.ReduceMean(dy, axes, keepdims=1)
    along = net.ReduceMean(dy * normal, axes, keepdims=1)
    return net.Mul(dy - mean - normal * along, inverse)


@gradient("LpNormalization")
def lp_normalization(node, dy):
    """Of y = x / |x|: (dy - |x|' · sum(dy · y)) / |x|, and 0 where the norm is 0."""
    net, x, axis, p = node.net, node.input(0), node.attribute("axis"), node.attribute("p")
    norm = (net.ReduceL1 if p == 1 else net.ReduceL2)(x, [axis], keepdims=1)
    along = net.ReduceSum(dy * node.output, [axis], keepdims=1)
    slope = net.Sign(x) if p == 1 else node.output
    inverse = net.Where(net.Equal(norm, 0.0), 0.0, net.Reciprocal(norm))
    return ((dy - slope * along) * inverse,)


@gradient("LRN")
def local_response_normalization(node, dy):
    """Of y = x · s^-beta, s = bias + alpha / size · (the sum of squares over size neighbouring channels)."""
    net, x, size = node.net, node.input(0), node.attribute("size")
    alpha, beta, bias = (node.attribute(name) for name in ("alpha", "beta", "bias"))
    before, after = (size - 1) // 2, math.ceil((size - 1) / 2)

    def neighbours(value, pads):
        flat = net.Reshape(net.Unsqueeze(value, [1]), [0, 1, 0, -1])
        kernel = net.constant(np.ones([1, 1, size, 1]), value.dtype)
        return net.Reshape(net.Conv(flat, kernel, pads=[pads[0], 0, pads[1], 0]), net.shape_of(x))

    s = neighbours(x * x, (before, after)) * (alpha / size) + bias
    share = neighbours(dy * node.output / s, (after, before))
    return (dy * net.Pow(s, -beta) - x * share * (2 * alpha * beta / size),)
