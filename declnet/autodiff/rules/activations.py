"""Gradients of activations, from the output where it tells enough, so that the input need not stay alive."""

import math

import onnx_ir as ir

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, flat, gradient
from declnet.graph import Value

CHOICES = flat("Hardmax", reason="its derivative is zero wherever it exists")


def _mask(node: Node, condition: Value) -> Value:
    """1 where *condition* holds, else 0: a product with it is cheaper than Where."""
    return node.graph.Cast(condition, to=node.output.dtype)


@gradient("Relu")
def relu(node: Node, dy: Value) -> Gradients:
    return (dy * _mask(node, node.graph.Greater(node.output, 0.0)),)


@gradient("LeakyRelu")
def leaky_relu(node: Node, dy: Value) -> Gradients:
    alpha = node.attribute("alpha")
    sign_from = node.output if alpha > 0 else node.input(0)
    return (dy * (_mask(node, node.graph.Greater(sign_from, 0.0)) * (1 - alpha) + alpha),)


@gradient("PRelu")
def prelu(node: Node, dy: Value) -> Gradients:
    graph, (x, slope) = node.graph, node.inputs
    return dy * graph.Where(graph.Greater(x, 0.0), 1.0, slope), dy * graph.Min(x, 0.0)


@gradient("ThresholdedRelu")
def thresholded_relu(node: Node, dy: Value) -> Gradients:
    return (dy * _mask(node, node.graph.Greater(node.input(0), node.attribute("alpha"))),)


@gradient("Shrink")
def shrink(node: Node, dy: Value) -> Gradients:
    graph, x, threshold = node.graph, node.input(0), node.attribute("lambd")
    outside = graph.Or(graph.Greater(x, threshold), graph.Less(x, -threshold))
    return (dy * _mask(node, outside),)


@gradient("Elu")
def elu(node: Node, dy: Value) -> Gradients:
    graph, y, alpha = node.graph, node.output, node.attribute("alpha")
    if alpha == 1:
        return (dy * (graph.Min(y, 0.0) + 1.0),)
    return (dy * graph.Where(graph.Greater(node.input(0), 0.0), 1.0, y + alpha),)


@gradient("Celu")
def celu(node: Node, dy: Value) -> Gradients:
    return (dy * (node.graph.Min(node.output, 0.0) / node.attribute("alpha") + 1.0),)


@gradient("Selu")
def selu(node: Node, dy: Value) -> Gradients:
    graph, y, alpha, gamma = node.graph, node.output, node.attribute("alpha"), node.attribute("gamma")
    return (dy * graph.Where(graph.Greater(y, 0.0), gamma, y + alpha * gamma),)


@gradient("Sigmoid")
def sigmoid(node: Node, dy: Value) -> Gradients:
    y = node.output
    return (dy * (y * (1.0 - y)),)


@gradient("HardSigmoid")
def hard_sigmoid(node: Node, dy: Value) -> Gradients:
    graph, y = node.graph, node.output
    return (dy * (_mask(node, graph.And(graph.Greater(y, 0.0), graph.Less(y, 1.0))) * node.attribute("alpha")),)


@gradient("HardSwish")
def hard_swish(node: Node, dy: Value) -> Gradients:
    graph, x = node.graph, node.input(0)
    gate = graph.HardSigmoid(x, alpha=1 / 6, beta=0.5)
    ramp = _mask(node, graph.And(graph.Greater(gate, 0.0), graph.Less(gate, 1.0)))
    return (dy * (gate + x * ramp / 6.0),)


@gradient("Softplus")
def softplus(node: Node, dy: Value) -> Gradients:
    return (dy * node.graph.Sigmoid(node.input(0)),)


@gradient("Softsign")
def softsign(node: Node, dy: Value) -> Gradients:
    rest = 1.0 - node.graph.Abs(node.output)
    return (dy * (rest * rest),)


@gradient("Mish")
def mish(node: Node, dy: Value) -> Gradients:
    graph, x = node.graph, node.input(0)
    gate = graph.Tanh(graph.Softplus(x))
    return (dy * (gate + x * (1.0 - gate * gate) * graph.Sigmoid(x)),)


@gradient("Gelu")
def gelu(node: Node, dy: Value) -> Gradients:
    """Φ(x) + x φ(x), or the derivative of its tanh approximation where the node computes that."""
    graph, x = node.graph, node.input(0)
    if node.attribute("approximate") == "tanh":
        c = math.sqrt(2 / math.pi)
        square = x * x
        t = graph.Tanh(x * (square * (0.044715 * c) + c))
        return (dy * ((t + 1.0) * 0.5 + x * (1.0 - t * t) * (square * (1.5 * 0.044715 * c) + 0.5 * c)),)
    cdf = graph.Erf(x * math.sqrt(0.5)) * 0.5 + 0.5
    density = graph.Exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return (dy * (cdf + x * density),)


@gradient("Softmax")
def softmax(node: Node, dy: Value) -> Gradients:
    graph, y, axis = node.graph, node.output, node.attribute("axis")
    if _is_guarded(y):
        # A row that is masked altogether is NaN, and is replaced afterwards; 0 times NaN would be NaN again.
        y = graph.Where(graph.IsNaN(y), 0.0, y)
    weighted = dy * y
    return (weighted - y * graph.ReduceSum(weighted, [axis], keepdims=1),)


def _is_guarded(value: ir.Value) -> bool:
    """Whether a Where reads *value*, to choose some of its elements."""
    readers = [use.node for use in value.uses()]
    return any(r.op_type == "Where" or (r.op_type == "Cast" and _is_guarded(r.outputs[0])) for r in readers)


@gradient("LogSoftmax")
def log_softmax(node: Node, dy: Value) -> Gradients:
    graph, axis = node.graph, node.attribute("axis")
    return (dy - graph.Exp(node.output) * graph.ReduceSum(dy, [axis], keepdims=1),)
