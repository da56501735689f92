"""Gradients of operators that are easier to write down once more, in operators that have gradients themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients
from declnet.graph import Value


def by_formula(node: Node, dy: Value, formula: Callable[..., Value]) -> Gradients:
    """The gradients of the inputs of *node*, of which *formula* computes the first output from the inputs."""
    return by_formulas(node, [dy], lambda *inputs: [formula(*inputs)])


def by_formulas(node: Node, dys: Sequence[Value | None], formulas: Callable[..., Sequence[Value | None]]) -> Gradients:
    """The same for several outputs; None stands for one that is absent, and for the gradient of what is not used."""
    # An input may depend on another one: the walk back from the formula must not go on past the inputs.
    inputs = [node.graph.alias(value) if node.wants(value) else value for value in node.inputs]
    wanted = [value for value, given in zip(inputs, node.inputs) if node.wants(given)]
    seeds: dict[Value, Value] = {}
    for y, dy in zip(formulas(*inputs), dys):
        if y is not None and dy is not None:
            seeds[y] = node.graph.Add(seeds[y], dy) if y in seeds else dy
    found = dict(zip(wanted, node.pull_back(node.graph, seeds, wanted)))
    return tuple(found.get(value) for value in inputs)
