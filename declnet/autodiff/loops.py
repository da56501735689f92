"""Loops over the steps of a sequence, as Scans.

The graph of a Scan does not grow with the sequence, whose length may be unknown. The same steps written out one after
the other are no faster, be they 28 or 500: docs/recurrence.md has the measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from declnet.graph import Graph, Value, dims, known_dims
from declnet.graph.bodies import outer_reads
from declnet.graph.value import Dim
from declnet.target import STANDARD, Target


def fold(
    graph: Graph,
    step: Callable[[Graph, list[Value], list[Value]], tuple[list[Value], list[Value]]],
    states: Sequence[Value],
    sequences: Sequence[Value],
    *,
    axis: int = 0,
    backward: bool = False,
    target: Target = STANDARD,
) -> tuple[list[Value], list[Value]]:
    """Run ``step(graph, states, items) -> (states, results)`` over *sequences*; return the last states and the results.

    Args:
        step: emits one step into *graph*; *items* are the elements of the sequences; operators must be called on
            *graph*, or on values that this step has made.
        states: before the first step; they keep their shapes.
        sequences: at least one; their steps lie along *axis*, along which the results are stacked too.
        backward: begin at the last element.
        target: whether the Scan may capture values and run in reverse.
    """
    body = Graph("step", opset=graph.opset, parent=graph)
    inner = [body_input(body, "state", value.dtype, dims(value)) for value in states]
    shapes = [(*known_dims(value)[:axis], *known_dims(value)[axis + 1 :]) for value in sequences]
    items = [body_input(body, "item", value.dtype, shape) for value, shape in zip(sequences, shapes)]
    last, results = step(body, inner, items)
    made = scan(
        graph, body, states, sequences, [*last, *results], axes=[axis] * len(sequences),
        backward=[backward] * len(sequences), results_axes=[axis] * len(results),
        results_backward=[backward] * len(results), target=target,
    )  # fmt: skip
    return made[: len(states)], made[len(states) :]


def scan(
    graph: Graph,
    body: Graph,
    states: Sequence[Value],
    sequences: Sequence[Value],
    results: Sequence[Value],
    *,
    axes: Sequence[int] | None = None,
    backward: Sequence[bool] | None = None,
    results_axes: Sequence[int] | None = None,
    results_backward: Sequence[bool] | None = None,
    target: Target = STANDARD,
) -> list[Value]:
    """Emit a Scan of *body*, whose inputs are in place; return its outputs: last states, then stacked results.

    Args:
        results: what the body gives: the next states, then one element of each result.
        axes, backward: of each sequence, the axis of its steps, and whether it is read from the end.
        results_axes, results_backward: the same of each stacked result.
        target: where it avoids them, captured values become states, and sequences are reversed by Slice.
    """
    given = len(states)
    axes = list(axes or [0] * len(sequences))
    results_axes = list(results_axes or [0] * (len(results) - given))
    backward = list(backward or [False] * len(axes))
    results_backward = list(results_backward or [False] * len(results_axes))
    sequences, states, results = list(sequences), list(states), _as_outputs(body, results)
    length = known_dims(sequences[0])[axes[0]]
    flipped = [False] * len(results_axes)
    if "Scan.reverse" in target.avoid:
        sequences = [flip(graph, s, axis) if back else s for s, axis, back in zip(sequences, axes, backward)]
        backward, flipped, results_backward = [False] * len(axes), results_backward, flipped
    if "Scan.captured" in target.avoid:
        carried = _carry_captured(body, given)
        states += carried
        results[given:given] = cast("list[Value]", body.ir.inputs[given : given + len(carried)])
        results = _as_outputs(body, results)
    body.ir.outputs.extend(results)
    types: list[tuple[Any, Sequence[Dim] | None]] = [(value.dtype, dims(value)) for value in states]
    for value, axis in zip(results[len(states) :], results_axes):
        shape = dims(value)
        at = axis if shape is None or axis >= 0 else axis + len(shape) + 1
        types.append((value.dtype, None if shape is None else [*shape[:at], length, *shape[at:]]))
    made = graph.op(
        "Scan", *states, *sequences, outputs=len(types), types=types, body=body, num_scan_inputs=len(sequences),
        scan_input_axes=axes, scan_input_directions=[int(back) for back in backward],
        scan_output_axes=results_axes, scan_output_directions=[int(back) for back in results_backward],
    )  # fmt: skip
    stacked = made[len(states) :]
    stacked = [flip(graph, v, axis) if back else v for v, axis, back in zip(stacked, results_axes, flipped)]
    return [*made[:given], *stacked]


def body_input(body: Graph, name: str, dtype: Any, shape: Sequence[Dim] | None) -> Value:
    """Add an input to *body* under a free name."""
    value = Value(body, body.unique(name), dtype, shape)
    body.ir.inputs.append(value)
    return value


def flip(graph: Graph, value: Value, axis: int) -> Value:
    """*value* with the elements along *axis* in reverse order."""
    return graph.stamp(graph.Slice(value, [-1], [-(2**63)], [axis], [-1]), value)


def _as_outputs(body: Graph, values: Sequence[Value]) -> list[Value]:
    """*values*, each made by a node of *body* of its own: what the outputs of a body must be."""
    found: list[Value] = []
    for value in values:
        producer = value.producer()
        if producer is None or producer.graph is not body.ir or value in found:
            value = body.alias(value)
        found.append(value)
    return found


def _carry_captured(body: Graph, place: int) -> list[Value]:
    """Let *body* read what it captures as states, from input *place* on, that stay; return the captured values."""
    outer = outer_reads(body.ir)
    for index, value in enumerate(outer):
        inner = Value(body, body.unique("carried"), value.dtype, dims(value))
        body.ir.inputs.insert(place + index, inner)
        for node in body.ir.all_nodes():
            for at, each in enumerate(node.inputs):
                if each is value:
                    node.replace_input_with(at, inner)
    return outer
