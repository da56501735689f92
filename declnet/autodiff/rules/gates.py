"""The activation functions that RNN, GRU and LSTM may name.

Source: the ONNX operator LSTM, "Activation functions"; the defaults of alpha and beta are those of the operators of the
same names, and 1 and 0 for Affine, 1 and 1 for ScaledTanh, as ONNX Runtime has them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from declnet.autodiff.node import Node
from declnet.graph import Graph, Value

Function = Callable[[Graph, Value], Value]

# By name in small letters: the defaults of (alpha, beta) that a function takes, and the function.
FUNCTIONS: dict[str, tuple[dict[str, float], Callable[..., Value]]] = {
    "affine": ({"alpha": 1.0, "beta": 0.0}, lambda graph, x, alpha, beta: x * alpha + beta),
    "relu": ({}, lambda graph, x: graph.Relu(x)),
    "leakyrelu": ({"alpha": 0.01}, lambda graph, x, alpha: graph.LeakyRelu(x, alpha=alpha)),
    # ONNX Runtime lets alpha itself pass, unlike the operator ThresholdedRelu.
    "thresholdedrelu": (
        {"alpha": 1.0},
        lambda graph, x, alpha: x * graph.Cast(graph.GreaterOrEqual(x, alpha), to=x.dtype),
    ),
    "tanh": ({}, lambda graph, x: graph.Tanh(x)),
    "scaledtanh": ({"alpha": 1.0, "beta": 1.0}, lambda graph, x, alpha, beta: graph.Tanh(x * beta) * alpha),
    "sigmoid": ({}, lambda graph, x: graph.Sigmoid(x)),
    "hardsigmoid": (
        {"alpha": 0.2, "beta": 0.5},
        lambda graph, x, alpha, beta: graph.HardSigmoid(x, alpha=alpha, beta=beta),
    ),
    "elu": ({"alpha": 1.0}, lambda graph, x, alpha: graph.Elu(x, alpha=alpha)),
    "softsign": ({}, lambda graph, x: graph.Softsign(x)),
    "softplus": ({}, lambda graph, x: graph.Softplus(x)),
}  # fmt: skip


def functions(node: Node, default: list[str], directions: int) -> list[list[Function]]:
    """The functions of each direction of *node*, of which *default* are the names for one direction.

    The clip holds for what the gates and the candidate read. ONNX Runtime does not apply it to the state of an LSTM's
    cell, which the third function reads.
    """
    count = len(default)
    given = {key: iter(node.attribute(f"activation_{key}", [])) for key in ("alpha", "beta")}
    found: list[Function] = []
    for place, name in enumerate(node.attribute("activations", default * directions)):
        if name.lower() not in FUNCTIONS:
            raise node.unsupported(f"its activation {name!r} is not one that ONNX names")
        usual, function = FUNCTIONS[name.lower()]
        taken = {key: next(given[key], value) for key, value in usual.items()}
        clip = node.attribute("clip") if place % count < 2 else None
        found.append(functools.partial(_clipped, function, clip, taken))
    return [found[k * count : (k + 1) * count] for k in range(directions)]


def _clipped(
    function: Callable[..., Value], clip: float | None, taken: dict[str, float], graph: Graph, x: Value
) -> Value:
    return function(graph, x if clip is None else graph.Clip(x, -clip, clip), **taken)
