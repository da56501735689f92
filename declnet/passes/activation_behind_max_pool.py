"""The maximum first, then the activation."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from declnet.graph import Graph
from declnet.target import Target

# Operators that never fall: the maximum of their values is their value at the maximum.
RISING = {"Relu", "Sigmoid", "Softplus", "Tanh"}


def activation_behind_max_pool(graph: Graph, target: Target) -> Graph:
    """Let a max pool read what an activation before it reads, and apply the activation to the fewer values behind it.

    Where nothing else reads the activation, which would have to be computed before the pool as well.
    """
    for pool in graph.nodes("MaxPool"):
        y, *indices = pool.outputs
        activation = _movable(pool.inputs[0])
        if activation is None or any(value.uses() for value in indices):
            continue
        attributes: dict[str, Any] = dict(pool.attributes)
        with graph.replacing(pool):
            largest = graph.op("MaxPool", activation.inputs[0], **attributes)
            graph.substitute(y, graph.op(activation.op_type, largest))
    return graph


def _movable(value: ir.Value | None) -> ir.Node | None:
    """The activation that makes *value*, if it never falls and has one reader."""
    node = None if value is None else value.producer()
    if node is None or node.domain or node.op_type not in RISING:
        return None
    y = node.outputs[0]
    return node if len(y.uses()) == 1 and not y.is_graph_output() else None
