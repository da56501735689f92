"""The reverse of a loop over steps: what Scan and Loop have in common.

The body is differentiated where it stands. What that adds to it is then moved into the body of a Scan over the same
steps in reverse. Of what happens in the forward body, the values that the gradient reads become further outputs of
the forward operator, one element a step. What is the same at every step is computed once, outside.

The gradient of a value from outside is a sum over the steps. Where each step would add a matrix product, aᵀ b, or the
sum over some axes, the factors of all steps are stacked instead, and make one product, or one sum, after the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx_ir as ir

from declnet.autodiff.loops import body_input
from declnet.autodiff.registry import Node, zeros_like
from declnet.autodiff.rules.moving import Move, in_order
from declnet.graph import Graph, Value, dims


@dataclass
class Part:
    """What an input or output of the operator is inside and outside; where the steps lie in what is outside."""

    inner: Value
    outer: Value
    axis: int = 0
    backward: bool = False


@dataclass
class Steps:
    """A loop over steps.

    Attributes:
        states: the inputs of the body that carry from step to step, with their first values.
        sequences: the inputs of the body that are elements of sequences.
        next_states: the outputs of the body that are the states of the next step.
        results: the outputs of the body that are stacked.
    """

    node: Node
    body: ir.Graph
    states: list[Part]
    sequences: list[Part]
    next_states: list[Value]
    results: list[Part]

    def __post_init__(self):
        for part in self.states:
            self.inside.stamp(part.inner, part.outer)
        for part in self.sequences:
            shape = dims(part.outer)
            part.inner.type = part.inner.type or ir.TensorType(part.outer.dtype)
            if shape is not None and part.inner.shape is None:
                part.axis %= len(shape)
                part.inner.shape = ir.Shape([*shape[: part.axis], *shape[part.axis + 1 :]])

    @property
    def inside(self) -> Graph:
        """The body as a graph to emit operators in."""
        return self.body.inputs[0].net


def reverse(steps: Steps, dys: Sequence[Value | None]) -> tuple[Value | None, ...]:
    """The gradients of the first states, the sequences and the captured values of a loop, given those of its outputs."""
    d_last, d_stacked = dys[: len(steps.states)], dys[len(steps.states) :]
    d_next, d_results, slopes = _differentiate_body(steps, d_stacked)
    node, net = steps.node, steps.node.net
    known = {
        dy: Part(dy, outer, result.axis, result.backward)
        for dy, outer, result in zip(d_results, d_stacked, steps.results) if dy is not None
    }  # fmt: skip
    move = Move(steps, known)
    sums = {value: move.terms(slopes[value]) for value in node.captured if value in slopes}
    wanted = [k for k, part in enumerate(steps.states) if node.wants(part.outer) and part.inner in slopes]
    items = [part for part in steps.sequences if part.inner in slopes]
    targets = [slopes[part.inner] for part in items]
    targets += [value for terms in sums.values() for term in terms for value in term.factors]
    live = _live_states(steps, d_next, slopes, wanted, targets, move)

    first = [node.zeros(steps.states[k].outer) if d_last[k] is None else d_last[k] for k in live]
    for k in live:
        move.values[d_next[k]] = body_input(move.body, "state", d_next[k].dtype, dims(d_next[k]))
    rests = {value: [t.factors[0] for t in terms if t.finish is None] for value, terms in sums.items()}
    rests = {value: parts for value, parts in rests.items() if parts}
    totals = {value: body_input(move.body, "total", value.dtype, dims(value)) for value in rests}
    first += [zeros_like(net, value) for value in totals]

    move.nodes(
        in_order(
            steps.body,
            targets + [slopes[steps.states[k].inner] for k in live if steps.states[k].inner in slopes],
            move.added,
        )
    )
    last = []
    for k in live:
        dx = slopes.get(steps.states[k].inner)
        last.append(zeros_like(move.body, move.values[d_next[k]]) if dx is None else move.inner(dx))
    for value, total in totals.items():
        for part in rests[value]:
            total = move.body.Add(total, move.inner(part))
        last.append(total)
