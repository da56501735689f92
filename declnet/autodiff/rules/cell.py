"""One direction of an RNN, GRU or LSTM, and how the directions become the operator's outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from declnet.autodiff.loops import fold
from declnet.autodiff.node import Node
from declnet.autodiff.rules.gates import Function, functions
from declnet.graph import Graph, Value, dims, known_dims

# The states after a step, the hidden one first, from those before it and the items of the step.
Step = Callable[[Graph, list[Value], list[Value]], list[Value]]


@dataclass
class Cell:
    """One direction.

    Attributes:
        functions: the activations, called with a graph and a value.
        backward: whether the sequence is read from its end.
        x: inputs (T, N, inputs); w (gates · H, inputs), r (gates · H, H), wb and rb (gates · H) or None; p, the
            peepholes (3 H), or None; the first states h0 and c0 (N, H).
        mask: (T, N, 1), 1 where a step belongs to the sequence, 0 after its end; None where all do.
    """

    node: Node
    functions: list[Function]
    backward: bool
    x: Value
    w: Value
    r: Value
    wb: Value | None
    rb: Value | None
    p: Value | None
    h0: Value
    c0: Value
    mask: Value | None

    @property
    def hidden(self) -> int:
        """H, the length of a state."""
        return known_dims(self.r)[1]

    def split(self, value: Value | None, parts: list[int]) -> Sequence[Any]:
        """*value* along its first axis in *parts*, counted in gates; as many None for None."""
        if value is None:
            return (None,) * len(parts)
        return self.node.graph.Split(value, [part * self.hidden for part in parts], axis=0, outputs=len(parts))

    def times_w(self, w: Value, *biases: Value | None) -> Value:
        """x Wᵀ plus those *biases* that there are: (T, N, features)."""
        graph, (steps, batch, inputs) = self.node.graph, known_dims(self.x)
        there = [bias for bias in biases if bias is not None]
        bias = there[0] + there[1] if len(there) > 1 else there[0] if there else None
        rows = graph.Gemm(graph.Reshape(self.x, [-1, inputs]), w, bias, transB=1)
        features = known_dims(w)[0]
        if isinstance(steps, int) and isinstance(batch, int):
            return graph.Reshape(rows, [steps, batch, features])
        made = graph.Reshape(rows, graph.Concat(graph.Shape(self.x, end=2), [features], axis=0))
        made.shape = ir.Shape([steps, batch, features])
        return made

    def run(self, step: Step, items: list[Value], states: list[Value]) -> list[Value]:
        """The hidden states (T, N, H), then the last states (N, H).

        Args:
            step: ``step(graph, states, items)`` gives the states after a step, the hidden one first.
        """

        def masked(graph: Graph, states: list[Value], items: list[Value]) -> tuple[list[Value], list[Value]]:
            new = step(graph, states, items)
            if self.mask is None:
                return new, [new[0]]
            inside = items[-1]
            return [old + (state - old) * inside for old, state in zip(states, new)], [new[0] * inside]

        graph, mask = self.node.graph, self.mask
        items = items if mask is None else [*items, mask]
        last, (y,) = fold(graph, masked, states, items, backward=self.backward, target=self.node.target)
        if mask is not None:
            last = [state * graph.Gather(mask, 0, axis=0) for state in last]
        return [y, *last]


def recurrent(node: Node, default: list[str], run: Callable[[Cell], list[Value]]) -> list[Value]:
    """The outputs of *node*, of whose directions each is ``run(cell)``; *default* names the activations of one."""
    graph = node.graph
    x, w, r, b, lengths, h0, c0, p = (node.input(k) for k in range(8))
    if x.shape is None or dims(r) is None or not all(isinstance(known_dims(v)[2], int) for v in (x, r)):
        raise node.unsupported("the shapes of its weights and the length of its inputs must be known")
    if node.attribute("layout"):
        x, h0, c0 = (None if v is None else graph.Transpose(v, perm=[1, 0, 2]) for v in (x, h0, c0))
    mask = None if lengths is None else _mask(graph, x, lengths)
    ways = {"reverse": [True], "bidirectional": [False, True]}.get(node.attribute("direction"), [False])
    zeros = graph.ConstantOfShape(_state_shape(graph, x, known_dims(r)[2]), value=np.zeros(1, x.dtype.numpy()))

    def part(value: Value | None, at: int) -> Any:
        if value is None or len(ways) == 1:
            return None if value is None else graph.Squeeze(value, [0])
        return graph.Gather(value, at, axis=0)

    made = []
    for at, (backward, chosen) in enumerate(zip(ways, functions(node, default, len(ways)))):
        wb, rb = (None, None) if b is None else graph.Split(part(b, at), num_outputs=2, outputs=2)
        h, c = (zeros if v is None else part(v, at) for v in (h0, c0))
        made.append(run(Cell(node, chosen, backward, x, part(w, at), part(r, at), wb, rb, part(p, at), h, c, mask)))
    outputs = []
    for k, values in enumerate(zip(*made)):
        axis = 1 if k == 0 else 0
        parts = [graph.Unsqueeze(value, [axis]) for value in values]
        whole = graph.Concat(*parts, axis=axis) if len(parts) > 1 else parts[0]
        if node.attribute("layout"):
            whole = graph.Transpose(whole, perm=[2, 0, 1, 3] if k == 0 else [1, 0, 2])
        outputs.append(whole)
    return outputs


def _mask(graph: Graph, x: Value, lengths: Value) -> Value:
    """(T, N, 1): 1 where a step comes before the end of its sequence."""
    steps = known_dims(x)[0]
    known = isinstance(steps, int)
    times = np.arange(steps) if known else graph.Range(0, graph.Squeeze(graph.Shape(x, start=0, end=1), [0]), 1)
    times = graph.Unsqueeze(times, [1, 2])
    inside = graph.Less(times, graph.Unsqueeze(graph.Cast(lengths, to=ir.DataType.INT64), [0, 2]))
    return graph.Cast(inside, to=x.dtype)


def _state_shape(graph: Graph, x: Value, hidden: int) -> list[int] | Value:
    batch = known_dims(x)[1]
    return [batch, hidden] if isinstance(batch, int) else graph.Concat(graph.Shape(x, start=1, end=2), [hidden], axis=0)
