"""Gradients of operators with bodies: Scan, Loop and If."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import onnx_ir as ir

from declnet.autodiff.node import Node, zeros_like
from declnet.autodiff.registry import Gradients, gradient
from declnet.autodiff.rules.moving import Part
from declnet.autodiff.rules.steps import Steps, reverse
from declnet.graph import Graph, Value, dims, prune
from declnet.graph.bodies import is_random
from declnet.graph.inline import copy_body


@gradient("Scan")
def scan(node: Node, *dys: Value | None) -> Gradients:
    """A Scan from the last step to the first."""
    body, given = node.attribute("body"), node.attribute("num_scan_inputs")
    count = len(node.inputs) - given
    steps = Steps(
        node,
        _graph(body),
        states=[Part(inner, outer) for inner, outer in zip(body.inputs, node.inputs[:count])],
        sequences=_stacked(node, "input", body.inputs[count:], node.inputs[count:]),
        next_states=list(body.outputs[:count]),
        results=_stacked(node, "output", body.outputs[count:], node.outputs[count:]),
    )
    return reverse(steps, dys)


@gradient("Loop")
def loop(node: Node, *dys: Value | None) -> Gradients:
    """A Scan over the iterations that the loop has made, from the last to the first."""
    body = node.attribute("body")
    count = len(node.inputs) - 2
    steps = Steps(
        node,
        _graph(body),
        states=[Part(inner, outer) for inner, outer in zip(body.inputs[2:], node.inputs[2:])],
        sequences=[],
        next_states=list(body.outputs[1 : count + 1]),
        results=[Part(inner, outer) for inner, outer in zip(body.outputs[count + 1 :], node.outputs[count:])],
    )
    return None, None, *reverse(steps, dys)


def _graph(body: ir.Graph) -> Graph:
    """The body as a graph to emit operators in."""
    return cast("Value", body.inputs[0]).owner


def _stacked(node: Node, kind: str, inside: Sequence[Value], outside: Sequence[Value]) -> list[Part]:
    """The inputs or outputs of a Scan that are sequences."""
    axes, directions = (node.attribute(f"scan_{kind}_{what}", [0] * len(outside)) for what in ("axes", "directions"))
    return [Part(inner, outer, axis, bool(way)) for inner, outer, axis, way in zip(inside, outside, axes, directions)]


@gradient("If")
def if_(node: Node, *dys: Value | None) -> Gradients:
    """An If on the same condition, each branch the gradient of a branch, which it computes again."""
    wanted = [value for value in node.captured if node.wants(value)]
    then, other = (_branch(node, name, dys, wanted) for name in ("then_branch", "else_branch"))
    if not wanted:
        return (None,) * (1 + len(node.captured))
    types = [(value.dtype, dims(value)) for value in wanted]
    made = node.graph.op("If", node.inputs[0], outputs=len(wanted), types=types, then_branch=then, else_branch=other)
    found = dict(zip(wanted, made))
    return None, *(found.get(value) for value in node.captured)


def _branch(node: Node, name: str, dys: Sequence[Value | None], wanted: Sequence[Value]) -> Graph:
    body = node.attribute(name)
    if any(map(is_random, body.all_nodes())):
        raise node.unsupported("one of its branches draws random numbers, which its gradient would draw again")
    branch = copy_body(node.graph, body, {})
    seeds: dict[Value, Value] = {}
    for value, dy in zip(cast("list[Value]", branch.ir.outputs), dys):
        if dy is not None:
            dy = branch.alias(dy)
            seeds[value] = branch.Add(seeds[value], dy) if value in seeds else dy
    found = node.pull_back(branch, seeds, wanted)
    branch.ir.outputs.clear()
    for value, dx in zip(wanted, found):
        branch.ir.outputs.append(branch.alias(zeros_like(branch, value) if dx is None else dx))
    return prune(branch)
