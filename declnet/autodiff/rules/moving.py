"""Moving the gradient of one step out of the forward body, into the body of a Scan over the same steps in reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import onnx_ir as ir

from declnet.autodiff.loops import body_input, flip, scan
from declnet.graph import Graph, Value, dims, known_dims
from declnet.graph.bodies import captured, discard, inputs, is_random, outputs
from declnet.graph.inline import copy_node
from declnet.target import Target


@dataclass
class Part:
    """A value inside a body and what it is outside, where its steps lie along *axis*, from the end if *backward*."""

    inner: Value
    outer: Value
    axis: int = 0
    backward: bool = False


class Move:
    """The body of the reverse loop in the making.

    Args:
        graph: the graph around the loop.
        inside: the forward body, to which its gradient has been added.
        items: the values inside that are elements of sequences outside: inputs, and gradients of stacked outputs.
        given: the values inside that nothing makes: gradients of the states.
        staying: inputs of the body that are the same at every step, and what they are outside.
        save: makes a value of the forward body an output of the forward operator, and returns that, stacked.
    """

    def __init__(
        self,
        graph: Graph,
        inside: Graph,
        items: Iterable[Part],
        given: Iterable[Value],
        staying: Mapping[Value, Value],
        save: Callable[[Value], Value],
    ):
        self.graph, self.inside, self.save = graph, inside, save
        self.body = Graph("reverse", opset=graph.opset, parent=graph)
        self._items = {part.inner: part for part in items}
        self._given = set(given)
        made = {value: node for node in inside.ir for value in outputs(node)}
        forward = leading_to(inside.ir, inside.ir.outputs)
        self._made_by = made
        self._added = {value: node for value, node in made.items() if node not in forward}
        self._changing: set[ir.Value] = {*self._items, *self._given, *inside.ir.inputs}.difference(staying)
        for node in inside.ir:
            if is_random(node) or not self._changing.isdisjoint(sources(node)):
                self._changing.update(node.outputs)
        self._own = {*self._changing, *staying, *made, *inside.ir.initializers.values()}
        self._inner: dict[Value, Value] = {}
        self._outer: dict[Value, Value] = dict(staying)
        self._read: list[Part] = []
        self._results: list[tuple[Value, int, bool]] = []
        self._stacked: dict[Value, int] = {}
        self._made: Sequence[Value] = ()

    def changes(self, value: Value) -> bool:
        """Whether *value* differs from step to step."""
        return value in self._changing

    def added(self, value: Value) -> ir.Node | None:
        """The node that makes *value* if that belongs to the gradient."""
        return self._added.get(value)

    def needed(self, targets: Iterable[Value]) -> list[ir.Node]:
        """The nodes of the gradient that *targets* need, in order."""
        nodes = leading_to(self.inside.ir, targets)
        return [node for node in self.inside.ir if node in nodes and node.outputs[0] in self._added]

    def place(self, value: Value, name: str) -> None:
        """Make the given *value* an input of the body, the next of its states."""
        self._inner[value] = body_input(self.body, name, value.dtype, dims(value))

    def copy(self, targets: Iterable[Value]) -> None:
        """Copy what makes *targets* into the body, or to the outside where it is the same at every step."""
        for node in self.needed(targets):
            read = sources(node)
            if self._changing.isdisjoint(node.outputs) and any(value not in self._own for value in read):
                self.outer(outputs(node)[0])
                continue
            for value in read:
                self._inner[value] = self.inner(value)
            copy_node(self.body, node, self._inner)

    def inner(self, value: Value) -> Value:
        """What *value* is in the body."""
        if value in self._inner or value not in self._own:
            return self._inner.get(value, value)
        if value.const_value is not None:
            found = self.body.constant(value.const_value.numpy())
        elif value not in self._changing:
            found = self.outer(value)
        else:
            part = self._items.get(value) or Part(value, self.save(value))
            found = body_input(self.body, "item", value.dtype, dims(value))
            self._read.append(part)
        self._inner[value] = found
        return found

    def outer(self, value: Value) -> Value:
        """What *value*, the same at every step, is outside."""
        if value in self._outer or value not in self._own:
            return self._outer.get(value, value)
        if value.const_value is not None:
            self._outer[value] = self.graph.constant(value.const_value.numpy())
        else:
            node = self._made_by[value]
            for each in sources(node):
                self._outer[each] = self.outer(each)
            copy_node(self.graph, node, self._outer)
        return self._outer[value]

    def result(self, value: Value, axis: int = 0, backward: bool = False) -> int:
        """Stack *value* along *axis*, its first step first unless *backward*; return its place among the results."""
        self._results.append((self.inner(value), axis, backward))
        return len(self._results) - 1

    def stack(self, value: Value) -> None:
        """See to it that ``stacked`` has *value*."""
        if value not in self._stacked and (value in self._added or value in self._given):
            self._stacked[value] = self.result(value)

    def stacked(self, value: Value) -> Value:
        """The elements of *value* at all steps, the first step first, along axis 0."""
        if value in self._stacked:
            return self._made[self._stacked[value]]
        part = self._items.get(value) or Part(value, self.save(value))
        found = flip(self.graph, part.outer, part.axis) if part.backward else part.outer
        if part.axis:
            rank = len(known_dims(found))
            axis = part.axis % rank
            found = self.graph.Transpose(found, perm=[axis, *(k for k in range(rank) if k != axis)])
        return found

    def emit(self, first: Sequence[Value], last: Sequence[Value], target: Target) -> tuple[list[Value], list[Value]]:
        """Emit the Scan, of which *first* and *last* are the states; return its last states and its results."""
        if not self._read:
            self.inner(cast("Value", self.inside.ir.inputs[-1]))
        made = scan(
            self.graph,
            self.body,
            first,
            [part.outer for part in self._read],
            [*last, *(value for value, _, _ in self._results)],
            axes=[part.axis for part in self._read],
            backward=[not part.backward for part in self._read],
            results_axes=[axis for _, axis, _ in self._results],
            results_backward=[not backward for _, _, backward in self._results],
            target=target,
        )
        self._made = made[len(first) :]
        return made[: len(first)], made[len(first) :]

    def clean(self) -> None:
        """Take the gradient out of the forward body."""
        body = self.inside.ir
        kept = leading_to(body, body.outputs)
        discard(body, [node for node in body if node not in kept])
        for name, value in list(body.initializers.items()):
            if not value.uses():
                del body.initializers[name]
        self.inside.forget({value for node in body for value in node.outputs} | set(body.initializers.values()))


def sources(node: ir.Node) -> list[Value]:
    """The values that *node* reads: its inputs, and what its bodies capture."""
    return [value for value in (*inputs(node), *captured(node)) if value is not None]


def leading_to(body: ir.Graph, ends: Iterable[ir.Value]) -> set[ir.Node]:
    """The nodes of *body* on which *ends* depend."""
    needed: set[ir.Value] = set(ends)
    found: set[ir.Node] = set()
    for node in reversed(list(body)):
        if not needed.isdisjoint(node.outputs):
            found.add(node)
            needed.update(sources(node))
    return found
