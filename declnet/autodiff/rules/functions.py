"""Gradients of the elementary functions: trigonometric, hyperbolic, their inverses, and erf."""

import math

from declnet.autodiff.registry import gradient


@gradient("Sin")
def sin(node, dy):
    return (dy * node.graph.Cos(node.input(0)),)


@gradient("Cos")
def cos(node, dy):
    return (-(dy * node.graph.Sin(node.input(0))),)


@gradient("Tan")
def tan(node, dy):
    y = node.output
    return (dy * (y * y + 1.0),)


@gradient("Asin")
def asin(node, dy):
    x = node.input(0)
    return (dy / node.graph.Sqrt(1.0 - x * x),)


@gradient("Acos")
def acos(node, dy):
    x = node.input(0)
    return (-(dy / node.graph.Sqrt(1.0 - x * x)),)


@gradient("Atan")
def atan(node, dy):
    x = node.input(0)
    return (dy / (x * x + 1.0),)


@gradient("Sinh")
def sinh(node, dy):
    return (dy * node.graph.Cosh(node.input(0)),)


@gradient("Cosh")
def cosh(node, dy):
    return (dy * node.graph.Sinh(node.input(0)),)


@gradient("Tanh")
def tanh(node, dy):
    y = node.output
    return (dy * (1.0 - y * y),)


@gradient("Asinh")
def asinh(node, dy):
    x = node.input(0)
    return (dy / node.graph.Sqrt(x * x + 1.0),)


@gradient("Acosh")
def acosh(node, dy):
    x = node.input(0)
    return (dy / node.graph.Sqrt(x * x - 1.0),)


@gradient("Atanh")
def atanh(node, dy):
    x = node.input(0)
    return (dy / (1.0 - x * x),)


@gradient("Erf")
def erf(node, dy):
    x = node.input(0)
    return (dy * (node.graph.Exp(-(x * x)) * (2 / math.sqrt(math.pi))),)
