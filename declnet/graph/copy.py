"""A copy of a graph under construction, to which other things can be added than to the first."""

from __future__ import annotations

from collections import Counter

import onnx_ir as ir

from declnet.graph.bodies import maker
from declnet.graph.graph import Graph
from declnet.graph.value import Value


def copy_graph(graph: Graph) -> tuple[Graph, dict[ir.Value, Value]]:
    """A copy of *graph*, with the same names, and the map from its values to those of the copy."""
    copy = Graph(graph.ir.name or "main", opset=graph.opset)
    copy.ir.opset_imports.update(graph.ir.opset_imports)
    copy._names = Counter(graph._names)
    values: dict[ir.Value, Value] = {}
    _fill(copy, graph.ir, values)
    copy._constants = {key: values[value] for key, value in graph._constants.items() if value in values}
    copy._known = {values[value]: known for value, known in graph._known.items() if value in values}
    copy.finite = {values[value] for value in graph.finite if value in values}
    for (domain, name, inputs, *rest), made in graph._made.items():
        if all(value is None or value in values for value in (*inputs, *made)):
            given = tuple(None if value is None else values[value] for value in inputs)
            copies = tuple(values[value] for value in made)
            copy._made[domain, name, given, *rest] = copies
            copy._calls[maker(copies[0])] = (domain, name, given, *rest)
    return copy, values


def _fill(copy: Graph, source: ir.Graph, values: dict[ir.Value, Value]) -> None:
    """Add to the empty *copy* what is in *source*, a graph or the body of a node."""

    def twin(value: ir.Value) -> Value:
        values[value] = new = Value(copy, value.name, None)
        new.type, new.shape, new.const_value = value.type, value.shape and ir.Shape(value.shape), value.const_value
        return new

    copy.ir.inputs.extend(twin(value) for value in source.inputs)
    for name, value in source.initializers.items():
        copy.ir.initializers[name] = values[value] if value in values else twin(value)
    for node in source:
        copy.ir.append(
            ir.Node(
                node.domain,
                node.op_type,
                [None if value is None else values[value] for value in node.inputs],
                [_attribute(copy, attribute, values) for attribute in node.attributes.values()],
                overload=node.overload,
                outputs=[twin(value) for value in node.outputs],
                name=node.name,
                metadata_props=dict(node.metadata_props),
            )
        )
    copy.ir.outputs.extend(values[value] for value in source.outputs)


def _attribute(copy: Graph, attribute: ir.Attr, values: dict[ir.Value, Value]) -> ir.Attr:
    if attribute.type != ir.AttributeType.GRAPH:
        return attribute
    body = Graph(attribute.value.name or "body", opset=copy.opset, parent=copy)
    _fill(body, attribute.value, values)
    return ir.AttrGraph(attribute.name, body.ir)
