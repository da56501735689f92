"""The activation functions that RNN, GRU and LSTM may name, with their derivatives.

Source: the ONNX operator LSTM, "Activation functions"; the defaults of alpha and beta are those of the operators of the
same names, and 1 and 0 for Affine, 1 and 1 for ScaledTanh, as ONNX Runtime has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from declnet.graph import Graph, Value

# How many of (alpha, beta) each function takes, and their defaults.
_DEFAULTS = {
    "affine": (1.0, 0.0),
    "relu": (),
    "leakyrelu": (0.01,),
    "thresholdedrelu": (1.0,),
    "tanh": (),
    "scaledtanh": (1.0, 1.0),
    "sigmoid": (),
    "hardsigmoid": (0.2, 0.5),
    "elu": (1.0,),
    "softsign": (),
    "softplus": (),
}


@dataclass(frozen=True)
class Activation:
    """One function of a cell: ``value`` and, from that, ``slope``; the *clip* of its input included."""

    name: str
    alpha: float = 0.0
    beta: float = 0.0
    clip: float | None = None

    def value(self, net: Graph, x: Value) -> Value:
        """The function at *x*."""
        return self._function(net, self._clipped(net, x))

    def slope(self, net: Graph, x: Value, y: Value) -> Value:
        """The derivative at *x*, where the function is *y*."""
        found = self._derivative(net, self._clipped(net, x), y)
        if self.clip is None:
            return found
        return found * net.Cast(net.Less(net.Abs(x), self.clip), to=x.dtype)

    def _clipped(self, net: Graph, x: Value) -> Value:
        return x if self.clip is None else net.Clip(x, -self.clip, self.clip)

    def _function(self, net: Graph, x: Value) -> Value:
        match self.name:
            case "affine":
                return x * self.alpha + self.beta
            case "relu":
                return net.Relu(x)
            case "leakyrelu":
                return net.LeakyRelu(x, alpha=self.alpha)
            case "thresholdedrelu":
                return x * net.Cast(net.GreaterOrEqual(x, self.alpha), to=x.dtype)
            case "tanh":
                return net.Tanh(x)
            case "scaledtanh":
                return net.Tanh(x * self.beta) * self.alpha
            case "sigmoid":
                return net.Sigmoid(x)
            case "hardsigmoid":
                return net.HardSigmoid(x, alpha=self.alpha, beta=self.beta)
            case "elu":
                return net.Elu(x, alpha=self.alpha)
            case "softsign":
                return net.Softsign(x)
        return net.Softplus(x)

    def _derivative(self, net: Graph, x: Value, y: Value) -> Value:
        def where(condition):
            return net.Cast(condition, to=x.dtype)

        match self.name:
            case "affine":
                return net.Expand(net.constant([self.alpha], x.dtype), net.shape_of(x))
            case "relu":
                return where(net.Greater(x, 0.0))
            case "leakyrelu":
                return where(net.Greater(x, 0.0)) * (1 - self.alpha) + self.alpha
            case "thresholdedrelu":
                return where(net.GreaterOrEqual(x, self.alpha))
            case "tanh":
                return 1.0 - y * y
            case "scaledtanh":
                return (self.alpha - y * y / self.alpha) * self.beta
            case "sigmoid":
                return y * (1.0 - y)
            case "hardsigmoid":
                return where(net.And(net.Greater(y, 0.0), net.Less(y, 1.0))) * self.alpha
            case "elu":
                return net.Where(net.Greater(x, 0.0), np.ones((), x.dtype.numpy()), y + self.alpha)
            case "softsign":
                side = 1.0 - net.Abs(y)
                return side * side
        return net.Sigmoid(x)


def activations(node, default: list[str]) -> list[list[Activation]]:
    """The functions of each direction of *node*, of which *default* are the names for one direction.

    The clip holds for what the gates and the candidate read. ONNX Runtime does not apply it to the state of an LSTM's
    cell, which the third function reads.
    """
    count = len(default)
    directions = 2 if node.attribute("direction") == "bidirectional" else 1
    given = {key: iter(node.attribute(f"activation_{key}", [])) for key in ("alpha", "beta")}
    found = []
    for place, name in enumerate(node.attribute("activations", default * directions)):
        usual = _DEFAULTS.get(name.lower())
        if usual is None:
            raise node.unsupported(f"its activation {name!r} is not one that ONNX names")
        taken = {key: next(given[key], value) for key, value in zip(("alpha", "beta"), usual)}
        clip = node.attribute("clip") if place % count < 2 else None
        found.append(Activation(name.lower(), **taken, clip=clip))
    return [found[k * count : (k + 1) * count] for k in range(directions)]
