"""Moving the gradient of a step out of the forward body, into the body of a Scan that runs in reverse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from declnet.graph import Graph, Value
from declnet.graph.bodies import is_random, reads


@dataclass
class Part:
    """A value inside a body, what it is outside, and where the steps lie in that: the axis, and the direction."""

    inner: Value
    outer: Value
    axis: int = 0
    backward: bool = False


class Move:
    """The body of the reverse loop in the making.

    Args:
        inside: the forward body, which holds its own gradient already.
        sequences: values inside that are elements of sequences outside.
        given: values inside that nothing makes, the gradients of the states: ``place`` says what they become.
        save: makes a value of the forward body an output of the forward operator; returns it, stacked.
    """

    def __init__(self, net: Graph, inside: Graph, sequences: Iterable[Part], given: Iterable[Value], save):
        self.net, self.inside, self._save = net, inside, save
        self.body = Graph("reverse", opset=net.opset, parent=net)
        self._sequences = {part.inner: part for part in sequences}
        self._forward = set(leading_to(inside.ir, inside.ir.outputs))
        self._own = {*self._sequences, *given, *inside.ir.inputs, *inside.ir.initializers.values()}
        self._own.update(value for node in inside.ir for value in node.outputs)
        self._constant: dict[Value, bool] = dict.fromkeys((*self._sequences, *given, *inside.ir.inputs), False)
        self._inner: dict[Value, Value] = {}
        self._outer: dict[Value, Value] = {}
        self._items: list[Part] = []
        self._results: list[Part] = []

    # --- what is the same at every step -------------------------------------------------------------------------

    def same(self, value: Value) -> bool:
        """Whether *value* is the same at every step."""
        if value not in self._own or value.const_value is not None:
            return True
        if value not in self._constant:
            node = value.producer()
            self._constant[value] = not is_random(node) and all(
                self.same(each) for each in reads(node) if each not in _made_in(node)
            )
        return self._constant[value]
