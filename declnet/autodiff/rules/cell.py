"""One direction of an RNN, GRU or LSTM as its rule sees it, and how the directions come together again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from declnet.autodiff.loops import fold
from declnet.autodiff.registry import Node
from declnet.autodiff.rules.gates import Activation, activations
from declnet.graph import Graph, Value, dims


@dataclass
class Cell:
    """One direction: all with the steps first, in the order of time whatever the direction.

    Attributes:
        x: inputs (T, N, inputs); w (gates · H, inputs), r (gates · H, H), wb and rb (gates · H) or None.
        p: the peepholes of the gates i, o, f, (H) each; None where the cell has none.
        previous: the hidden state before each step, (T, N, H); c0: the first state of the cell.
        mask: (T, N, 1), 1 where a step belongs to the sequence, 0 after its end; None where all do.
        dy: the gradient of the hidden states (T, N, H), or None; dh, dc: of the last states (N, H).
        backward: whether the sequence is read from its end.
    """

    node: Node
    activations: list[Activation]
    backward: bool
    x: Value
    w: Value
    r: Value
    wb: Value | None
    rb: Value | None
    p: list[Value] | None
    h0: Value
    c0: Value | None
    mask: Value | None
    dy: Value | None
    dh: Value
    dc: Value | None
    y: Value

    def __post_init__(self):
        self.net: Graph = self.node.net
        self.hidden: int = dims(self.r)[1]
        if self.dy is not None:
            self.dy = self.masked(self.dy)
        if self.mask is not None:
            # ONNX Runtime gives an empty sequence the last state 0, not its first state.
            some = self.net.Gather(self.mask, 0, axis=0)
            self.dh, self.dc = self.dh * some, None if self.dc is None else self.dc * some
        # After the end of a sequence that is read from there, the state is still the first one.
        y = self.y if self.mask is None or not self.backward else self.y + self.h0 * (1.0 - self.mask)
        self.previous = self.shifted(y, self.h0)

    def times_w(self, *biases: Value | None) -> Value:
        """x Wᵀ plus those *biases* that there are, (T, N, gates · H)."""
        return self._affine(self.x, self.w, self._total(biases))

    def times_r(self, *biases: Value | None) -> Value:
        """previous Rᵀ plus those *biases* that there are, (T, N, gates · H)."""
        return self._affine(self.previous, self.r, self._total(biases))

    def gates(self) -> Value:
        """x Wᵀ + previous Rᵀ plus both biases, (T, N, gates · H)."""
        return self._affine(self.previous, self.r, self._rows(self.times_w(self.wb, self.rb)))

    def _affine(self, value: Value, matrix: Value, added: Value | None) -> Value:
        net = self.net
        rows = net.Gemm(self._rows(value), matrix, added, transB=1)
        steps, batch, _ = dims(value)
        lengths = [steps, batch] if isinstance(steps, int) and isinstance(batch, int) else net.Shape(value, end=2)
        features = dims(matrix)[0]
        made = net.Reshape(
            rows, [*lengths, features] if isinstance(lengths, list) else net.Concat(lengths, [features], axis=0)
        )
        made.shape = ir.Shape([steps, batch, features])
        return made

    def _rows(self, value: Value) -> Value:
        return self.net.Reshape(value, [-1, dims(value)[2]])

    def _total(self, biases) -> Value | None:
        biases = [bias for bias in biases if bias is not None]
        return biases[0] + biases[1] if len(biases) > 1 else biases[0] if biases else None

    def shifted(self, states: Value, first: Value) -> Value:
        """The state before each step, where *states* are those after it and *first* the very first."""
        net, first = self.net, self.net.Unsqueeze(first, [0])
        if self.backward:
            return net.stamp(net.Concat(net.Slice(states, [1], [2**63 - 1], [0]), first, axis=0), states)
        return net.stamp(net.Concat(first, net.Slice(states, [0], [-1], [0]), axis=0), states)

    def masked(self, value: Value) -> Value:
        """*value*, but 0 after the end of a sequence."""
        return value if self.mask is None else value * self.mask

    def held(self, factor: Value) -> Value:
        """*factor* of a state from one step to the next, but 1 after the end of a sequence."""
        return factor if self.mask is None else factor * self.mask + (1.0 - self.mask)

    def states(self, sequences: list[Value], step) -> Value:
        """The states (T, N, H) of ``step(graph, c, items)`` from c0 on, in the direction of the cell."""

        def both(graph, states, items):
            new = step(graph, states[0], items)
            return [new], [new]

        how = {"backward": self.backward, "profile": self.node.profile}
        return fold(self.net, both, [self.c0], sequences, **how)[1][0]

    def backwards(self, step, states: list[Value], sequences: list[Value]):
        """Run *step* from the last step of the cell to its first.

        Its items are those of *sequences* and two that only ``passing`` and ``arriving`` read.
        """
        sequences = [*sequences, *([] if self.mask is None else [1.0 - self.mask])]
        sequences += [] if self.dy is None else [self.dy]
        return fold(self.net, step, states, sequences, backward=not self.backward, profile=self.node.profile)

    def arriving(self, graph: Graph, dh: Value, items: list[Value]) -> Value:
        """The gradient of the state of a step: from the step after it, and from the operator's output."""
        return dh if self.dy is None else graph.Add(dh, items[-1])

    def passing(self, graph: Graph, before: Value, dh: Value, items: list[Value]) -> Value:
        """The gradient *before* of the state before; after the end of a sequence, that of the state itself."""
        if self.mask is None:
            return before
        return graph.Add(before, graph.Mul(dh, items[-1 if self.dy is None else -2]))

    def product(self, da: Value, read: Value) -> Value:
        """Σ daᵀ read over steps and batch: the gradient of a weight matrix, in one product."""
        return self.net.Gemm(self._rows(da), self._rows(read), transA=1)

    def gradients(self, da: Value, *, dh0, dc0=None, dp=None, dr=None, into_states=None) -> dict[str, Value | None]:
        """The gradient of each input of the operator, from that of what goes into the gates.

        Args:
            into_states: the gradient of what the states give to the gates, where it is not *da*.
        """
        net = self.net
        from_states = da if into_states is None else into_states
        db = None
        if self.wb is not None:
            db = net.Concat(*(net.ReduceSum(d, [0, 1], keepdims=0) for d in (da, from_states)), axis=0)
        return {
            "x": net.MatMul(da, self.w),
            "w": self.product(da, self.x),
            "r": self.product(from_states, self.previous) if dr is None else dr,
            "b": db,
            "h": dh0,
            "c": dc0,
            "p": dp,
        }


def directions(node: Node, dy, dy_h, dy_c, default: list[str]) -> list[Cell]:
    """The cells of *node*, given the gradients of its outputs; *default* names the activations of one."""
    net = node.net
    x, w, r, b, lengths, h0, c0, p = (node.input(k) for k in range(8))
    if dims(x) is None or len(dims(x)) != 3 or dims(r) is None or not isinstance(dims(r)[2], int):
        raise node.unsupported("the rank of its input and the shape of its recurrence weights must be known")
    y = node.optional_output(0)
    if node.attribute("layout"):
        x, h0, c0, dy_h, dy_c = (
            None if v is None else net.Transpose(v, perm=[1, 0, 2]) for v in (x, h0, c0, dy_h, dy_c)
        )
        y, dy = (None if v is None else net.Transpose(v, perm=[1, 2, 0, 3]) for v in (y, dy))
    hidden = dims(r)[2]
    mask = None if lengths is None else _mask(net, x, lengths)
    ways = {"reverse": [True], "bidirectional": [False, True]}.get(node.attribute("direction"), [False])
    functions = activations(node, default)
    has_cell = len(default) == 3
    zeros = net.ConstantOfShape(_state_shape(net, x, hidden), value=np.zeros(1, x.dtype.numpy()))

    def part(value, at, axis=0):
        if value is None:
            return None
        return net.Squeeze(value, [axis]) if len(ways) == 1 else net.Gather(value, at, axis=axis)

    found = []
    for at, backward in enumerate(ways):
        biases = (None, None) if b is None else net.Split(part(b, at), num_outputs=2, outputs=2)
        peepholes = None if p is None else list(net.Split(part(p, at), num_outputs=3, outputs=3))
        first_h, first_c, dh, dc = (zeros if v is None else part(v, at) for v in (h0, c0, dy_h, dy_c))
        states = {"h0": first_h, "c0": first_c if has_cell else None, "dh": dh, "dc": dc if has_cell else None}
        found.append(
            Cell(
                node, functions[at], backward, x, part(w, at), part(r, at), *biases, peepholes,
                mask=mask, y=part(y, at, 1), dy=part(dy, at, 1), **states,
            )
        )  # fmt: skip
    return found


def collect(node: Node, cells: list[dict[str, Value | None]]) -> tuple[Value | None, ...]:
    """The gradients of the inputs of *node*: those of the inputs are added up, the others stacked."""
    net = node.net

    def stacked(name):
        parts = [net.Unsqueeze(cell[name], [0]) for cell in cells if cell[name] is not None]
        return None if not parts else parts[0] if len(parts) == 1 else net.Concat(*parts, axis=0)

    dx = cells[0]["x"] if len(cells) == 1 else cells[0]["x"] + cells[1]["x"]
    dh0, dc0 = stacked("h"), stacked("c")
    if node.attribute("layout"):
        dx, dh0, dc0 = (None if v is None else net.Transpose(v, perm=[1, 0, 2]) for v in (dx, dh0, dc0))
    found = (dx, stacked("w"), stacked("r"), stacked("b"), None, dh0, dc0, stacked("p"))
    return tuple(d if node.input(k) is not None else None for k, d in enumerate(found[: len(node.inputs)]))


def _mask(net: Graph, x: Value, lengths: Value) -> Value:
    """(T, N, 1): 1 where a step comes before the end of its sequence."""
    steps = dims(x)[0]
    known = isinstance(steps, int)
    times = np.arange(steps) if known else net.Range(0, net.Squeeze(net.Shape(x, start=0, end=1), [0]), 1)
    times = net.Unsqueeze(times, [1, 2])
    inside = net.Less(times, net.Unsqueeze(net.Cast(lengths, to=ir.DataType.INT64), [0, 2]))
    return net.Cast(inside, to=x.dtype)


def _state_shape(net: Graph, x: Value, hidden: int):
    batch = dims(x)[1]
    return [batch, hidden] if isinstance(batch, int) else net.Concat(net.Shape(x, start=1, end=2), [hidden], axis=0)
