"""Gradients of operators that are easier to write down once more, in operators that have gradients themselves."""

from __future__ import annotations

from collections.abc import Callable

from declnet.autodiff.registry import Node
from declnet.graph import Value


def by_formula(node: Node, dy: Value, formula: Callable[..., Value]) -> tuple[Value | None, ...]:
    """The gradients of the inputs of *node*, of which *formula* computes the first output from the inputs."""
    # An input may depend on another one: the walk back from the formula must not go on past the inputs.
    inputs = [node.net.alias(value) if node.wants(value) else value for value in node.inputs]
    wanted = [value for value, given in zip(inputs, node.inputs) if node.wants(given)]
    found = dict(zip(wanted, node.pull_back(node.net, {formula(*inputs): dy}, wanted)))
    return tuple(found.get(value) for value in inputs)
