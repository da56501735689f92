"""The rules: which function differentiates which operator, and which operators are flat.

In every rule, ``node`` is the forward node and ``dy`` the gradient of its output. A rule returns one gradient for
each input, None where none flows. A gradient may have a shape that broadcasts from or to its input's: the engine
sums or expands it. A rule need not ask who wants its gradients: what nobody reads is removed. Only the rules of
operators with bodies do ask (``node.wants``), since what is made inside a body cannot be removed from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import onnx
import onnx_ir as ir

from declnet.errors import GraphError, MissingGradient
from declnet.graph import Graph, Value, dims


@dataclass(frozen=True)
class Rule:
    """The gradient of an operator: ``function(node, dy, ...)``, one ``dy`` for each output of the node.

    A ``dy`` is None where an output does not reach the loss. Raise ``node.unsupported(reason)`` for configurations
    without a gradient.
    """

    op: str
    function: Callable
    domain: str = ""
    kernels: str = "standard"

    def __call__(self, node: Node, *dys):
        return self.function(node, *dys)


class Unsupported(GraphError):
    """A rule says that it has no gradient for this configuration of its operator."""


def missing(node: ir.Node, reason: str) -> MissingGradient:
    """The error for an operator without a gradient: operator, node, layer, spec path, and the two ways out."""
    layer, pointer = node.metadata_props.get("declnet.layer"), node.metadata_props.get("declnet.path")
    op = f"{node.domain}::{node.op_type}" if node.domain else node.op_type
    where = f", in layer {layer!r}" if layer else ""
    rule = f'@declnet.gradient_rule("{node.op_type}"' + (f', domain="{node.domain}")' if node.domain else ")")
    return MissingGradient(
        f"no gradient for operator {op} (node {node.name!r}{where}): {reason}",
        pointer=pointer,
        hint=f"write a rule: {rule} above a function (node, dy) that returns one gradient for each input; "
        "or choose another layer",
    )


class Node:
    """A forward node as a rule sees it.

    ``net`` is the graph to emit operators in; ``inputs`` holds None for an absent input; ``captured`` are the outer
    values that bodies of the node read, whose gradients a rule returns after those of the inputs; ``output`` is the
    first output. ``profile`` is "native" or "web". ``pull_back(graph, seeds, wrt)`` differentiates a body.
    """

    pull_back: Callable

    def __init__(
        self,
        net: Graph,
        node: ir.Node,
        captured: tuple[Value, ...] = (),
        *,
        active: Collection[Value] = (),
        profile: str = "native",
    ):
        self.net = net
        self.ir = node
        self.op = node.op_type
        self.name = node.name
        self.inputs = tuple(node.inputs)
        self.outputs = tuple(node.outputs)
        self.output = node.outputs[0]
        self.captured = captured
        self.profile = profile
        self._active = active

    def input(self, index: int) -> Value | None:
        """The input at *index*; None where it is absent."""
        return self.inputs[index] if index < len(self.inputs) else None

    def wants(self, value: Value | None) -> bool:
        """Whether a gradient for the input or captured *value* is of use: whether it depends on a parameter."""
        return value in self._active

    def attribute(self, name: str, default=None):
        """The value of an attribute; where it is absent, *default*, or else the default of the ONNX operator."""
        if name in self.ir.attributes:
            return self.ir.attributes[name].value
        if default is None and not self.ir.domain:
            declared = onnx.defs.get_schema(self.op, self.net.opset, "").attributes.get(name)
            if declared is not None and declared.default_value.name:
                value = onnx.helper.get_attribute_value(declared.default_value)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def constant(self, index: int) -> np.ndarray | None:
        """The value of the input at *index* where it is known before the graph runs; else None."""
        value = self.input(index)
        return None if value is None or value.const_value is None else value.const_value.numpy()

    def optional_output(self, index: int) -> Value:
        """The output at *index* of the forward node, which is made to give it where it did not."""
        self.net.complete_outputs(self.ir, index + 1)
        self.outputs = tuple(self.ir.outputs)
        return self.outputs[index]

    def zeros(self, like: Value) -> Value:
        """Zeros of the type and shape of *like*."""
        return zeros_like(self.net, like)

    def count(self, whole: Value, part: Value, axes: list[int] | None = None):
        """How many elements of *whole* there are for each of *part*: a number where that is static.

        *axes*: the axes of *whole* that *part* lacks; None: all that may differ. The type is that of *part*.
        """
        lengths = dims(whole)
        if axes is not None and lengths is not None:
            lengths = [lengths[axis] for axis in axes]
        known = lengths is not None and all(isinstance(length, int) for length in lengths)
        if known and (axes is not None or dims(part) in ((), (1,) * len(lengths))):
            return float(np.prod(lengths, dtype=np.int64))
        ratio = self.net.Div(self.net.Size(whole), self.net.Size(part))
        return self.net.Cast(ratio, to=part.dtype)

    def unsupported(self, reason: str) -> Unsupported:
        """An error for this node: ``raise node.unsupported("the axis must be known")``."""
        return Unsupported(reason)


def zeros_like(net: Graph, like: Value) -> Value:
    """Zeros of the type and shape of *like*, made in *net*."""
    zero = np.zeros(1, like.dtype.numpy())
    if dims(like) == ():
        return net.constant(zero[0])
    return net.stamp(net.ConstantOfShape(net.shape_of(like), value=zero), like)


RULES: dict[tuple[str, str], Rule] = {}
FUSED: dict[tuple[str, str], Rule] = {}
FLAT: dict[tuple[str, str], str] = {}
ABSENT: dict[tuple[str, str], str] = {}
FORMS: dict[tuple[str, str], Callable] = {}


def gradient(op: str, *, domain: str = "", kernels: str = "standard"):
    """Make a function the gradient rule of an operator.

    Args:
        kernels: "training" makes it the second form, for onnxruntime-training builds. It may return
            NotImplemented for the configurations in which the standard form is to be used.
    """

    def register(function) -> Rule:
        rule = Rule(op, function, domain, kernels)
        if not domain:
            table = FUSED if kernels == "training" else RULES
            if (domain, op) in table:
                raise GraphError(f"two gradient rules for {op}: {table[domain, op].function} and {function}")
            table[domain, op] = rule
        return rule

    return register


def form(op: str):
    """Make ``function(node) -> outputs`` the form in which an operator without a rule is differentiated."""

    def register(function: Callable) -> Callable:
        FORMS["", op] = function
        return function

    return register


def flat(*ops: str, reason: str) -> None:
    """Say that no gradient flows through operators, and why."""
    for op in ops:
        FLAT["", op] = reason


def absent(*ops: str, reason: str) -> None:
    """Say that operators have no gradient although one could be, and why."""
    for op in ops:
        ABSENT["", op] = reason
