"""Gradients of the elementary functions: trigonometric, hyperbolic, their inverses, and erf."""

import math

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Value


@gradient("Sin")
def sin(node: Node, dy: Value) -> Gradients:
    return (dy * node.graph.Cos(node.input(0)),)


@gradient("Cos")
def cos(node: Node, dy: Value) -> Gradients:
    return (-(dy * node.graph.Sin(node.input(0))),)


@gradient("Tan")
def tan(node: Node, dy: Value) -> Gradients:
    y = node.output
    return (dy * (y * y + 1.0),)


@gradient("Asin")
def asin(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy / node.graph.Sqrt(1.0 - x * x),)


@gradient("Acos")
def acos(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (-(dy / node.graph.Sqrt(1.0 - x * x)),)


@gradient("Atan")
def atan(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy / (x * x + 1.0),)


@gradient("Sinh")
def sinh(node: Node, dy: Value) -> Gradients:
    return (dy * node.graph.Cosh(node.input(0)),)


@gradient("Cosh")
def cosh(node: Node, dy: Value) -> Gradients:
    return (dy * node.graph.Sinh(node.input(0)),)


@gradient("Tanh")
def tanh(node: Node, dy: Value) -> Gradients:
    y = node.output
    return (dy * (1.0 - y * y),)


@gradient("Asinh")
def asinh(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy / node.graph.Sqrt(x * x + 1.0),)


@gradient("Acosh")
def acosh(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy / node.graph.Sqrt(x * x - 1.0),)


@gradient("Atanh")
def atanh(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy / (1.0 - x * x),)


@gradient("Erf")
def erf(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy * (node.graph.Exp(-(x * x)) * (2 / math.sqrt(math.pi))),)
