"""Replace operators that have no rule by decompositions, or by the function bodies that ONNX publishes for them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir

from declnet.autodiff.formula import by_formulas
from declnet.autodiff.node import Node, Unsupported, missing
from declnet.autodiff.registry import Decomposition, Gradients, Rules
from declnet.graph import Graph, Value
from declnet.graph.bodies import inputs, outputs, reads
from declnet.graph.inline import copy_body
from declnet.graph.types import type_proto
from declnet.target import Target


def expand(graph: Graph, active: set[Value], ends: Sequence[Value], *, target: Target, rules: Rules) -> None:
    """Expand, in *graph*, the operators between *active* values and *ends* that have a decomposition or body, no rule.

    What was made takes the place of their outputs (``graph.current``), and is expanded until each operator has a rule,
    is flat, or has no body.
    """
    expanded = False
    todo = [node for node in _leading_to(graph, ends) if any(value in active for value in reads(node))]
    while todo:
        node = todo.pop()
        entry = next(iter(rules.of(node, target)), None)
        if not isinstance(entry, Decomposition | None):
            continue
        before = graph.ir.num_nodes()
        with graph.at(node.name or "", node.metadata_props):
            made = _decompose(graph, node, entry, target)
        if made is None:
            continue
        added = list(itertools.islice(reversed(graph.ir), graph.ir.num_nodes() - before))
        todo += [each for each in reversed(added) if _mark(each, active, target, rules)]
        for old, new in zip(outputs(node), made):
            if new is not None and old.name:
                graph.substitute(old, new)
        graph.remove(node)
        expanded = True
    if expanded:
        graph.ir.sort()


def decomposed(node: Node, dys: Sequence[Value | None], entry: Decomposition | None) -> Gradients:
    """The gradients of a node whose rules leave it to its decomposition, which computes the outputs once more.

    NotImplemented where there is neither *entry* nor a published body.
    """
    if entry is None and published_body(node.ir, node.graph.opset) is None:
        return NotImplemented

    def formulas(*given: Value | None) -> Sequence[Value | None]:
        attributes = node.ir.attributes.values()
        again = ir.Node(node.ir.domain, node.op, given, attributes, num_outputs=len(node.outputs), name=node.name)
        made = _decompose(node.graph, again, entry, node.target)
        for index in range(len(given)):
            again.replace_input_with(index, None)
        return made or []

    return by_formulas(node, dys, formulas)


def _mark(node: ir.Node, active: set[Value], target: Target, rules: Rules) -> bool:
    """Whether *node* reads an active value, and is not flat; its outputs are then active too."""
    reached = any(value in active for value in reads(node)) and not rules.is_flat(node, target)
    if reached:
        active.update(outputs(node))
    return reached


def _decompose(
    graph: Graph, node: ir.Node, entry: Decomposition | None, target: Target
) -> Sequence[Value | None] | None:
    """Emit *node* by its decomposition, or by the published body; return its outputs, None where there is no body."""
    if entry is None:
        body = published_body(node, graph.opset)
        return None if body is None else _emit_body(graph, node, body)
    try:
        return entry.function(Node(graph, node, target=target))
    except Unsupported as error:
        raise missing(node, error.diagnostics[0].message) from None


def published_body(node: ir.Node, opset: int) -> onnx.FunctionProto | None:
    """The body that ONNX gives for *node* as a definition; None where it gives none."""
    if not onnx.defs.has(node.op_type, opset, node.domain):
        return None
    # onnx does not declare what its schemas say of functions.
    schema: Any = onnx.defs.get_schema(node.op_type, opset, node.domain)
    if schema.has_function:
        return schema.function_body
    if schema.has_context_dependent_function:
        types = [type_proto(value).SerializeToString() if value is not None else b"" for value in node.inputs]
        data = schema.get_context_dependent_function(ir.to_proto(node).SerializeToString(), types)
        return onnx.FunctionProto.FromString(data) if data else None
    return None


def _emit_body(graph: Graph, node: ir.Node, body: onnx.FunctionProto) -> list[Value | None]:
    """Emit *body* with the inputs and attributes of *node*; return its outputs, None for absent ones."""
    made_inside = {name for inner in body.node for name in inner.output}
    names = [name if name in made_inside else None for name in body.output[: len(node.outputs)]]
    body = onnx.FunctionProto.FromString(body.SerializeToString())
    body.output[:] = list(dict.fromkeys(name for name in names if name))
    function = ir.serde.deserialize_function(body)
    values: dict[ir.Value, Value | None] = dict.fromkeys(function.inputs)
    values.update(zip(function.inputs, inputs(node)))
    defaults = onnx.defs.get_schema(node.op_type, graph.opset, node.domain).attributes
    for inner in function:
        attributes: dict[str, Any] = {}
        for attribute in inner.attributes.values():
            value = _resolved(attribute, node, defaults) if attribute.is_ref() else attribute
            is_body = value is not None and value.type == ir.AttributeType.GRAPH
            attributes[attribute.name] = copy_body(graph, value.value, values) if value and is_body else value
        if inner.op_type == "Constant":
            made = (graph.constant(_tensor(attributes)),)
        else:
            read = [None if value is None else values[value] for value in inner.inputs]
            made = graph.op(inner.op_type, *read, domain=inner.domain, outputs=len(inner.outputs), **attributes)
        values.update(zip(inner.outputs, made))
    found = {value.name: values[value] for value in function.outputs}
    return [found.get(name) for name in names]


def _resolved(attribute: ir.Attr, node: ir.Node, defaults: Mapping[str, Any]) -> ir.Attr | None:
    """What a body's reference to an attribute of its operator stands for: *node*'s, or the default, or nothing."""
    name = attribute.ref_attr_name or ""
    given = node.attributes.get(name)
    if given is None:
        default = defaults[name].default_value
        given = ir.serde.deserialize_attribute(default) if default.name else None
    return None if given is None else ir.Attr(attribute.name, given.type, given.value)


def _tensor(attributes: Mapping[str, ir.Attr | None]) -> np.ndarray:
    """The array of a Constant."""
    made = ir.Node("", "Constant", [], [value for value in attributes.values() if value is not None])
    tensor = ir.convenience.get_const_tensor(made.outputs[0])
    assert tensor is not None, f"the Constant {attributes} has no tensor"
    return tensor.numpy()


def _leading_to(graph: Graph, ends: Sequence[Value]) -> list[ir.Node]:
    """The nodes on which *ends* depend."""
    needed: set[ir.Value] = set(ends)
    found: list[ir.Node] = []
    for node in reversed(list(graph.ir)):
        if not needed.isdisjoint(node.outputs):
            found.append(node)
            needed.update(reads(node))
    return found
