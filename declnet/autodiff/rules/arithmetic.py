"""Gradients of arithmetic. (Vocabulary: see declnet/autodiff/registry.py.)"""

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, flat, gradient
from declnet.graph import Value

TRUTHS = flat(
    *("Shape", "Size", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "Not", "And", "Or", "Xor", "IsNaN"),
    *("IsInf", "BitCast", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot"),
    reason="its result is not a real number that varies with the inputs",
)
STEPS = flat("Sign", "Floor", "Ceil", "Round", reason="its derivative is zero wherever it exists")
INTEGERS = flat(
    *("QuantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"),
    reason="its result is rounded to integers",
)
TEXTS = flat(
    *("StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch", "TfIdfVectorizer", "ImageDecoder"),
    *("OptionalHasElement", "SequenceLength"),
    reason="its inputs are not real numbers",
)
SOURCES = flat(
    *("Constant", "ConstantOfShape", "EyeLike", "RandomNormal", "RandomNormalLike", "RandomUniform"),
    *("RandomUniformLike", "Bernoulli", "Multinomial"),
    reason="its result does not depend continuously on an input",
)


@gradient("Identity")
def identity(node: Node, dy: Value) -> Gradients:
    return (dy,)


@gradient("Cast")
def cast(node: Node, dy: Value) -> Gradients:
    return (node.graph.Cast(dy, to=node.input(0).dtype),)


@gradient("CastLike")
def cast_like(node: Node, dy: Value) -> Gradients:
    return node.graph.Cast(dy, to=node.input(0).dtype), None


@gradient("Add")
def add(node: Node, dy: Value) -> Gradients:
    return dy, dy


@gradient("Sub")
def sub(node: Node, dy: Value) -> Gradients:
    return dy, -dy


@gradient("Mul")
def mul(node: Node, dy: Value) -> Gradients:
    a, b = node.inputs
    return dy * b, dy * a


@gradient("Div")
def div(node: Node, dy: Value) -> Gradients:
    da = dy / node.input(1)
    return da, -(da * node.output)


@gradient("Mod")
def mod(node: Node, dy: Value) -> Gradients:
    """Of fmod: a = b · (a quotient that is constant almost everywhere) + y."""
    a, b = node.inputs
    return dy, -(dy * ((a - node.output) / b))


@gradient("DequantizeLinear")
def dequantize(node: Node, dy: Value) -> Gradients:
    """Of y = (x - zero point) · scale: the scale alone is a real number that varies."""
    graph, scale, y = node.graph, node.input(1), node.output
    if node.attribute("block_size"):
        raise node.unsupported("the scale of blocks")
    if scale.shape is None or len(scale.shape) > 1 or y.shape is None:
        raise node.unsupported("the scale must be a number or a vector")
    kept = [node.attribute("axis") % len(y.shape)] if len(scale.shape) else []
    axes = [axis for axis in range(len(y.shape)) if axis not in kept]
    total = graph.ReduceSum(dy * y, axes, keepdims=0) if axes else dy * y
    return (None, total / scale, None)[: len(node.inputs)]


@gradient("Neg")
def neg(node: Node, dy: Value) -> Gradients:
    return (-dy,)


@gradient("Reciprocal")
def reciprocal(node: Node, dy: Value) -> Gradients:
    y = node.output
    return (-(dy * (y * y)),)


@gradient("Abs")
def absolute(node: Node, dy: Value) -> Gradients:
    return (dy * node.graph.Sign(node.input(0)),)


@gradient("Sqrt")
def sqrt(node: Node, dy: Value) -> Gradients:
    return (dy * 0.5 / node.output,)


@gradient("Exp")
def exp(node: Node, dy: Value) -> Gradients:
    return (dy * node.output,)


@gradient("Log")
def log(node: Node, dy: Value) -> Gradients:
    return (dy / node.input(0),)


@gradient("Pow")
def power(node: Node, dy: Value) -> Gradients:
    x, exponent = node.inputs
    graph, known = node.graph, node.constant(1)
    if known is not None and known.size == 1:
        return _power_base(node, dy, float(known.item())), _power_exponent(node, dy)
    p = exponent if exponent.dtype == x.dtype else graph.Cast(exponent, to=x.dtype)
    slope = graph.Where(graph.Equal(p, 0.0), 0.0, p * graph.Pow(x, p - 1.0))
    return dy * slope, _power_exponent(node, dy)


def _power_base(node: Node, dy: Value, p: float) -> Value:
    x = node.input(0)
    if p == 0:
        return node.zeros(x)
    if p == 0.5:
        return dy * 0.5 / node.output
    return dy * (x * 2.0) if p == 2 else dy * (p * node.graph.Pow(x, np.array(p - 1, x.dtype.numpy())))


def _power_exponent(node: Node, dy: Value) -> Value:
    """y · log(x), and 0 at x = 0, where x ** p does not move with a positive p."""
    graph, x = node.graph, node.input(0)
    return dy * graph.Where(graph.Equal(x, 0.0), 0.0, node.output * graph.Log(x))


@gradient("Range")
def numbers(node: Node, dy: Value) -> Gradients:
    """Of start + k · step, for k = 0, 1, ..."""
    graph = node.graph
    steps = graph.Cast(graph.Range(0, graph.Size(node.output), 1), to=dy.dtype)
    return graph.ReduceSum(dy, keepdims=0), None, graph.ReduceSum(dy * steps, keepdims=0)


@gradient("Sum")
def sums(node: Node, dy: Value) -> Gradients:
    return (dy,) * len(node.inputs)


@gradient("Mean")
def mean(node: Node, dy: Value) -> Gradients:
    return (dy / float(len(node.inputs)),) * len(node.inputs)


@gradient("Max")
def maximum(node: Node, dy: Value) -> Gradients:
    """Equal arguments share the gradient equally."""
    graph, y = node.graph, node.output
    chosen = [graph.Cast(graph.Equal(x, y), to=y.dtype) for x in node.inputs]
    share = dy / graph.Sum(*chosen)
    return tuple(share * mask for mask in chosen)


@gradient("Min")
def minimum(node: Node, dy: Value) -> Gradients:
    return maximum.function(node, dy)


@gradient("Clip")
def clip(node: Node, dy: Value) -> Gradients:
    """The bounds themselves pass the gradient on to x, as in PyTorch."""
    graph, x, low, high = node.graph, node.input(0), node.input(1), node.input(2)
    below = None if low is None else graph.Less(x, low)
    above = None if high is None else graph.Greater(x, high)
    outside = [mask for mask in (below, above) if mask is not None]
    if not outside:
        return (dy, None, None)[: len(node.inputs)]
    inside = graph.Not(graph.Or(*outside) if len(outside) == 2 else outside[0])
    masks = (inside, below, above)[: len(node.inputs)]
    return tuple(None if mask is None else dy * graph.Cast(mask, to=x.dtype) for mask in masks)


@gradient("Where")
def where(node: Node, dy: Value) -> Gradients:
    """By a product with the mask, which is several times faster than another Where."""
    graph, condition = node.graph, node.input(0)
    return None, dy * graph.Cast(condition, to=dy.dtype), dy * graph.Cast(graph.Not(condition), to=dy.dtype)
