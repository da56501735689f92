"""Replace operators that have no rule by the function bodies that ONNX publishes for them."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
import onnx_ir as ir

from declnet.autodiff.registry import FLAT, Rule
from declnet.graph import Graph, Value
from declnet.graph.types import type_proto


def expand(graph: Graph, active: set[Value], loss: Value, table: Mapping[tuple[str, str], Rule]) -> dict[Value, Value]:
    """Expand, in *graph*, the operators between *active* values and *loss* that have a body but no rule.

    Returns the map from the outputs of the replaced nodes to what stands for them now. Bodies are expanded until
    each operator has a rule, is flat, or has no body.
    """
    replaced: dict[Value, Value] = {}
    todo = [node for node in _leading_to(graph, loss) if any(value in active for value in node.inputs)]
    while todo:
        node = todo.pop()
        key = (node.domain, node.op_type)
        if key in table or key in FLAT:
            continue
        body = published_body(node, graph.opset)
        if body is None:
            continue
        before = graph.ir.num_nodes()
        with graph.at(node.name, node.metadata_props):
            outputs = _emit_body(graph, node, body)
        todo += list(graph.ir)[before:] if graph.ir.num_nodes() > before else []
        for old, new in zip(node.outputs, outputs):
            if new is not None:
                _substitute(graph, old, new)
                replaced[old] = new
    if replaced:
        graph.ir.sort()
        for old in replaced:
            producer = old.producer()
            if (
                producer is not None
                and producer.graph is not None
                and not any(value.uses() for value in producer.outputs)
            ):
                graph.ir.remove(producer, safe=True)
        graph.forget({value for node in graph.ir for value in node.outputs} | set(graph.ir.initializers.values()))
    return {old: _follow(replaced, new) for old, new in replaced.items()}


def published_body(node: ir.Node, opset: int) -> onnx.FunctionProto | None:
    """The body that ONNX gives for *node* as a definition; None where it gives none."""
    if not onnx.defs.has(node.op_type, opset, node.domain):
        return None
    schema = onnx.defs.get_schema(node.op_type, opset, node.domain)
    if schema.has_function:
        return schema.function_body
    if schema.has_context_dependent_function:
        types = [type_proto(value).SerializeToString() if value is not None else b"" for value in node.inputs]
        data = schema.get_context_dependent_function(ir.to_proto(node).SerializeToString(), types)
        return onnx.FunctionProto.FromString(data) if data else None
    return None


def _emit_body(graph: Graph, node: ir.Node, body: onnx.FunctionProto) -> list[Value | None]:
    """Emit *body* with the inputs and attributes of *node*; return its outputs, None for absent ones."""
    values: dict[str, Value | None] = dict.fromkeys(body.input)
    values.update(zip(body.input, node.inputs))
    values[""] = None
    given = {attribute.name: attribute for attribute in map(ir.to_proto, node.attributes.values())}
    defaults = onnx.defs.get_schema(node.op_type, graph.opset, node.domain).attributes
    for inner in body.node:
        attributes = {}
        for attribute in inner.attribute:
            if attribute.ref_attr_name:
                source = given.get(attribute.ref_attr_name) or defaults[attribute.ref_attr_name].default_value
                if not source.type:
                    continue
            else:
                source = attribute
            attributes[attribute.name] = ir.from_proto(source) if source.type in _AS_IR else _plain(source)
        if inner.op_type == "Constant":
            made = (_constant(graph, attributes),)
        else:
            inputs = [values[name] for name in inner.input]
            made = graph.op(inner.op_type, *inputs, domain=inner.domain, outputs=len(inner.output), **attributes)
            made = made if isinstance(made, tuple) else (made,)
        values.update(zip(inner.output, made))
    return [values.get(name) for name in body.output[: len(node.outputs)]]


_AS_IR = {onnx.AttributeProto.TENSOR, onnx.AttributeProto.GRAPH}


def _plain(attribute: onnx.AttributeProto):
    value = onnx.helper.get_attribute_value(attribute)
    return value.decode() if isinstance(value, bytes) else value


def _constant(graph: Graph, attributes) -> Value:
    (name, value), *_ = attributes.items()
    if name == "value":
        return graph.constant(value.value.numpy())
    dtype = ir.DataType.FLOAT if name.startswith("value_float") else ir.DataType.INT64
    return graph.constant(list(value) if name.endswith("s") else value, dtype)


def _substitute(graph: Graph, old: Value, new: Value) -> None:
    """Let everything that reads *old* read *new*; an output of the graph keeps its name."""
    graph.stamp(new, old)
    if old.is_graph_output():
        name = old.name
        old.name = f"{name}/replaced"
        new = graph.Identity(new)
        new.name = name
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)


def _follow(replaced: Mapping[Value, Value], value: Value) -> Value:
    while value in replaced:
        value = replaced[value]
    return value


def _leading_to(graph: Graph, loss: Value) -> list[ir.Node]:
    """The nodes on which *loss* depends."""
    needed, found = {loss}, []
    for node in reversed(list(graph.ir)):
        if not needed.isdisjoint(node.outputs):
            found.append(node)
            needed.update(value for value in node.inputs if value is not None)
    return found
