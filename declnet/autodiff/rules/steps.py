"""The reverse of a loop over steps: what Scan and Loop have in common.

The body is differentiated where it stands. What that adds to it is then moved into the body of a Scan over the same
steps in reverse. Of what happens in the forward body, the values that the gradient reads become further outputs of
the forward operator, one element a step. What is the same at every step is computed once, outside.

The gradient of a value from outside is a sum over the steps. Where each step would add a matrix product, aᵀ b, or the
sum over some axes, the factors of all steps are stacked instead, and make one product, or one sum, after the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import onnx_ir as ir

from declnet.autodiff.loops import body_input
from declnet.autodiff.node import Node, zeros_like
from declnet.autodiff.rules.moving import Move, Part, sources
from declnet.graph import Graph, Value, dims, is_static, known_dims
from declnet.graph.bodies import inputs


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
    inside: Graph
    states: list[Part]
    sequences: list[Part]
    next_states: list[Value]
    results: list[Part]

    def __post_init__(self) -> None:
        for part in self.states:
            self.inside.stamp(part.inner, part.outer)
        for part in self.sequences:
            shape = dims(part.outer)
            part.inner.type = part.inner.type or ir.TensorType(part.outer.dtype)
            if shape is not None and part.inner.shape is None:
                axis = part.axis % len(shape)
                part.inner.shape = ir.Shape([*shape[:axis], *shape[axis + 1 :]])

    def stays(self, k: int) -> bool:
        """Whether state *k* is the same at every step: then it is like a value from outside."""
        value, inner = self.next_states[k], self.states[k].inner
        node = value.producer()
        return value is inner or (node is not None and node.op_type == "Identity" and node.inputs[0] is inner)


@dataclass
class _Term:
    """A summand of the gradient of a captured value: ``finish`` of the stacked factors; without it, the sum of one."""

    factors: tuple[Value, ...]
    finish: Callable[..., Value] | None = None


def reverse(steps: Steps, dys: Sequence[Value | None]) -> tuple[Value | None, ...]:
    """The gradients of the first states, the sequences and the captured values, given those of the outputs."""
    node, graph, states = steps.node, steps.node.graph, steps.states
    d_last, d_stacked = dys[: len(states)], dys[len(states) :]
    staying = {part.inner: part.outer for k, part in enumerate(states) if steps.stays(k)}
    d_next, d_items, slopes = _differentiate_body(steps, staying, d_stacked)
    items = [*steps.sequences, *d_items]
    move = Move(graph, steps.inside, items, d_next.values(), staying, lambda value: _save(steps, value))
    terms = {value: _terms(move, slopes[value]) for value in (*node.captured, *staying) if value in slopes}
    sequences = [part for part in steps.sequences if part.inner in slopes]
    targets = [slopes[part.inner] for part in sequences]
    targets += [value for parts in terms.values() for term in parts for value in term.factors]
    wanted = [k for k in d_next if node.wants(states[k].outer)]
    carried = _carried(move, steps, d_next, slopes, wanted, targets)

    first = []
    for k in carried:
        dy = d_last[k]
        first.append(node.zeros(states[k].outer) if dy is None else dy)
    for k in carried:
        move.place(d_next[k], "state")
    rests = {value: [term.factors[0] for term in parts if term.finish is None] for value, parts in terms.items()}
    totals = {value: body_input(move.body, "total", value.dtype, dims(value)) for value, rest in rests.items() if rest}
    first += [zeros_like(graph, value) for value in totals]
    move.copy([*targets, *(dx for dx in carried.values() if dx is not None)])
    last = [
        move.inner(dx) if dx is not None else zeros_like(move.body, move.inner(d_next[k])) for k, dx in carried.items()
    ]
    for value, total in totals.items():
        for rest in rests[value]:
            total = move.body.Add(total, move.inner(rest))
        last.append(total)
    places = {part.inner: move.result(slopes[part.inner], part.axis, part.backward) for part in sequences}
    for value in [value for parts in terms.values() for term in parts if term.finish for value in term.factors]:
        move.stack(value)

    last, results = move.emit(first, last, node.target)
    of_states = dict(zip([*carried, *totals], last))
    sums: dict[Value, Value] = {}
    for value, parts in terms.items():
        summands = [term.finish(graph, *map(move.stacked, term.factors)) for term in parts if term.finish]
        summands += [of_states[value]] if value in totals else []
        sums[value] = graph.Sum(*summands) if len(summands) > 1 else summands[0]
    move.clean()
    for part, dy in zip(states, d_last):
        if part.inner in staying and dy is not None:
            sums[part.inner] = sums[part.inner] + dy if part.inner in sums else dy
    return (
        *(sums.get(part.inner, of_states[k] if k in wanted else None) for k, part in enumerate(states)),
        *(results[places[part.inner]] if part.inner in places else None for part in steps.sequences),
        *(sums.get(value) for value in node.captured),
    )


def _differentiate_body(
    steps: Steps, staying: Mapping[Value, Value], d_stacked: Sequence[Value | None]
) -> tuple[dict[int, Value], list[Part], dict[Value, Value]]:
    """Add the gradient of one step to the body.

    Returns:
        the gradients that the step is given, of the states after it, by their number, and of the stacked outputs;
        and those that it gives, by the values that they are of.
    """
    node, inside = steps.node, steps.inside
    seeds: dict[Value, Value] = {}

    def given(value: Value) -> Value:
        dy = Value(inside, inside.unique(f"{value.name}/dy", scoped=False), value.dtype, dims(value))
        seeds[value] = inside.Add(seeds[value], dy) if value in seeds else dy
        return dy

    d_next = {
        k: given(value)
        for k, value in enumerate(steps.next_states)
        if value.dtype.is_floating_point() and steps.states[k].inner not in staying
    }
    d_items = [
        Part(given(result.inner), dy, result.axis, result.backward)
        for dy, result in zip(d_stacked, steps.results)
        if dy is not None
    ]
    wrt = [steps.states[k].inner for k in d_next]
    wrt += [part.inner for part in steps.sequences if node.wants(part.outer)]
    wrt += [value for value in node.captured if node.wants(value)]
    wrt += [inner for inner, outer in staying.items() if node.wants(outer)]
    found = node.pull_back(inside, seeds, wrt)
    return d_next, d_items, {value: dx for value, dx in zip(wrt, found) if dx is not None}


def _carried(
    move: Move,
    steps: Steps,
    d_next: Mapping[int, Value],
    slopes: Mapping[Value, Value],
    wanted: Sequence[int],
    targets: Sequence[Value],
) -> dict[int, Value | None]:
    """The states whose gradients *targets* or the *wanted* first states need, with what one step makes of them."""
    carried: dict[int, Value | None] = {}
    todo = list(wanted)
    while True:
        for k in todo:
            carried[k] = slopes.get(steps.states[k].inner)
        goals = [*targets, *(dx for dx in carried.values() if dx is not None)]
        read = {*goals, *(value for each in move.needed(goals) for value in sources(each))}
        todo = [k for k, dy in d_next.items() if dy in read and k not in carried]
        if not todo:
            return dict(sorted(carried.items()))


def _terms(move: Move, dx: Value) -> list[_Term]:
    """The summands of *dx*, the gradient of a captured value at one step."""
    node = move.added(dx)
    if node is None:
        return [_Term((dx,))]
    read = [value for value in inputs(node) if value is not None]
    if node.op_type in ("Add", "Sum") and all(dims(value) == dims(dx) for value in read):
        return [term for value in read for term in _terms(move, value)]
    finish: Callable[..., Value] | None = None
    factors = tuple(read)
    if node.op_type == "Gemm" and len(read) == 2 and None not in map(dims, read):
        finish = _product_of_stacks(node, read)
    elif (
        node.op_type == "ReduceSum" and len(read) == 2 and read[1].const_value is not None and read[0].shape is not None
    ):
        finish, factors = _sum_of_stack(node, *read), factors[:1]
    if finish is None or not all(map(move.changes, factors)):
        return [_Term((dx,))]
    return [_Term(factors, finish)]


def _product_of_stacks(node: ir.Node, factors: Sequence[Value]) -> Callable[..., Value] | None:
    """Σ A' B' over the steps, of a Gemm: the steps join the axis that it sums over."""
    alpha, trans_a, trans_b = (
        node.attributes[name].value if name in node.attributes else usual
        for name, usual in (("alpha", 1.0), ("transA", 0), ("transB", 0))
    )
    rows = [trans_a, not trans_b]
    lengths = [known_dims(value)[1 if at_end else 0] for value, at_end in zip(factors, rows)]
    if not is_static(lengths):
        return None

    def finish(graph: Graph, *stacks: Value) -> Value:
        flat = []
        for stack, in_place, length in zip(stacks, rows, lengths):
            stack = stack if in_place else graph.Transpose(stack, perm=[0, 2, 1])
            flat.append(graph.Reshape(stack, [-1, length]))
        return graph.Gemm(*flat, transA=1, alpha=alpha)

    return finish


def _sum_of_stack(node: ir.Node, x: Value, over: Value) -> Callable[..., Value] | None:
    """Σ over the steps, of a ReduceSum over known axes."""
    if over.const_value is None:
        return None
    rank = len(known_dims(x))
    axes = [0, *(int(axis) % rank + 1 for axis in over.const_value.numpy())]
    keeps = node.attributes["keepdims"].value if "keepdims" in node.attributes else 1

    def finish(graph: Graph, stack: Value) -> Value:
        total = graph.ReduceSum(stack, axes, keepdims=keeps)
        return graph.Squeeze(total, [0]) if keeps else total

    return finish


def _save(steps: Steps, value: Value) -> Value:
    """The elements of *value*, made inside, at all steps: an output of the forward operator, if need be a new one."""
    node, graph, inside = steps.node.ir, steps.node.graph, steps.inside
    for part in steps.results:
        if part.inner is value and part.outer.name and not part.axis and not part.backward:
            return part.outer
    inside.ir.outputs.append(inside.alias(value))
    node.resize_outputs(len(node.outputs) + 1)
    made = node.outputs[-1]
    length = known_dims(steps.sequences[0].outer)[steps.sequences[0].axis] if steps.sequences else None
    made.name, made.type = graph.unique(f"{node.name or node.op_type}/saved", scoped=False), ir.TensorType(value.dtype)
    made.shape = None if value.shape is None else ir.Shape([length, *known_dims(value)])
    for name in ("scan_output_axes", "scan_output_directions"):
        if name in node.attributes:
            node.attributes[name] = ir.AttrInt64s(name, [*node.attributes[name].value, 0])
    steps.results.append(Part(value, graph.Identity(made)))
    return steps.results[-1].outer
