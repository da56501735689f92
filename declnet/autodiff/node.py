"""A forward node as a rule sees it, and the errors that a rule may end in."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir

from declnet.errors import GraphError, MissingGradient
from declnet.graph import Graph, Value, dims, is_static, known_dims
from declnet.target import Target


class Unsupported(GraphError):
    """A rule says that it has no gradient for this configuration of its operator."""


def title(domain: str, op: str, needs: Collection[str] = ()) -> str:
    """How an operator is called in messages: ``Conv``, ``com.example::Twist``, ``Conv (needs com.example)``."""
    name = f"{domain}::{op}" if domain else op
    return f"{name} (needs {', '.join(sorted(needs))})" if needs else name


def decorator(domain: str, op: str, needs: Collection[str] = ()) -> str:
    """What stands above a rule for an operator, as hints show it: ``@declnet.gradient_rule("Conv")``."""
    of = [f'"{op}"'] + ([f'domain="{domain}"'] if domain else [])
    listed = ", ".join(f'"{each}"' for each in sorted(needs))
    return f"@declnet.gradient_rule({', '.join([*of, f'needs={{{listed}}}'] if needs else of)})"


def missing(node: ir.Node, reason: str) -> MissingGradient:
    """The error for an operator without a gradient: operator, node, layer, spec path, and the two ways out."""
    layer, pointer = node.metadata_props.get("declnet.layer"), node.metadata_props.get("declnet.path")
    op = title(node.domain, node.op_type)
    where = f", in layer {layer!r}" if layer else ""
    rule = decorator(node.domain, node.op_type)
    return MissingGradient(
        f"no gradient for operator {op} (node {node.name!r}{where}): {reason}",
        pointer=pointer,
        hint=f"write a rule: {rule} above a function (node, dy) that returns one gradient for each input; "
        "or choose another layer",
    )


class Node:
    """A forward node as a rule sees it.

    ``graph`` is the graph to emit operators in; ``inputs`` holds None for an absent input; ``captured`` are the outer
    values that bodies of the node read, whose gradients a rule returns after those of the inputs; ``output`` is the
    first output. ``target`` is what the graph is made for. ``pull_back(graph, seeds, wrt)`` differentiates a body.

    Inputs are typed Any: which of them its operator must have, a rule knows.
    """

    pull_back: Callable[[Graph, Mapping[Value, Value], Sequence[Value]], list[Value | None]]

    def __init__(
        self,
        graph: Graph,
        node: ir.Node,
        captured: tuple[Value, ...] = (),
        *,
        target: Target,
        active: Collection[ir.Value] = (),
    ):
        self.graph = graph
        self.ir = node
        self.op = node.op_type
        self.name = node.name
        self.inputs: tuple[Any, ...] = tuple(node.inputs)
        self.outputs: tuple[Any, ...] = tuple(node.outputs)
        self.output: Value = self.outputs[0]
        self.captured = captured
        self.target = target
        self._active = active

    def input(self, index: int) -> Any:
        """The input at *index*; None where it is absent."""
        return self.inputs[index] if index < len(self.inputs) else None

    def wants(self, value: ir.Value | None) -> bool:
        """Whether a gradient for the input or captured *value* is of use: whether it depends on a parameter."""
        return value in self._active

    def attribute(self, name: str, default: Any = None) -> Any:
        """The value of an attribute; where it is absent, *default*, or else the default of the ONNX operator."""
        if name in self.ir.attributes:
            return self.ir.attributes[name].value
        if default is None and not self.ir.domain:
            declared = onnx.defs.get_schema(self.op, self.graph.opset, "").attributes.get(name)
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
        self.graph.complete_outputs(self.ir, index + 1)
        self.outputs = tuple(self.ir.outputs)
        return self.outputs[index]

    def zeros(self, like: Value) -> Value:
        """Zeros of the type and shape of *like*."""
        return zeros_like(self.graph, like)

    def count(self, whole: Value, part: Value, axes: list[int] | None = None) -> float | Value:
        """How many elements of *whole* there are for each of *part*: a number where that is static.

        *axes*: the axes of *whole* that *part* lacks; None: all that may differ. The type is that of *part*.
        """
        if whole.shape is not None:
            lengths = [known_dims(whole)[axis] for axis in (range(len(whole.shape)) if axes is None else axes)]
            if is_static(lengths) and (axes is not None or dims(part) in ((), (1,) * len(lengths))):
                return float(math.prod(lengths))
        ratio = self.graph.Div(self.graph.Size(whole), self.graph.Size(part))
        return self.graph.Cast(ratio, to=part.dtype)

    def unsupported(self, reason: str) -> Unsupported:
        """An error for this node: ``raise node.unsupported("the axis must be known")``."""
        return Unsupported(reason)


def zeros_like(graph: Graph, like: Value) -> Value:
    """Zeros of the type and shape of *like*, made in *graph*."""
    zero = np.zeros(1, like.dtype.numpy())
    if dims(like) == ():
        return graph.constant(zero[0])
    return graph.stamp(graph.ConstantOfShape(graph.shape_of(like), value=zero), like)
