"""Copy the nodes of one graph into another: function bodies, foreign models, a layer's own graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import onnx_ir as ir

from declnet.graph.graph import Graph
from declnet.graph.value import Value, stored


def inline(
    graph: Graph, nodes: Iterable[ir.Node], given: Mapping[Any, Any], keep_names: bool = False
) -> dict[Any, Any]:
    """Append copies of *nodes* to *graph*; return the map from their values to the copies.

    Args:
        given: what the values that come from outside become; a value without an entry must be made by a node.
        keep_names: whether values keep their names, which the graph has claimed; else they get names in its scope.
    """
    values = dict(given)
    for node in nodes:
        copy_node(graph, node, values, keep_names)
    return values


def copy_node(
    graph: Graph,
    node: ir.Node,
    values: dict[Any, Any],
    keep_names: bool = False,
    attributes: Iterable[ir.Attr] | None = None,
) -> ir.Node:
    """Append a copy of *node* to *graph*, adding its outputs to *values*. *attributes* replaces the node's own."""
    base = node.outputs[0].name if keep_names else graph.unique(node.op_type)
    outputs = []
    for k, old in enumerate(node.outputs):
        name = old.name if keep_names else base if k == 0 else f"{base}:{k}"
        new = Value(graph, name, None)
        new.type, new.shape = old.type, old.shape and ir.Shape(old.shape)
        outputs.append(new)
    inputs = [None if value is None else values.get(value, value) for value in node.inputs]
    attributes = node.attributes.values() if attributes is None else attributes
    copy = ir.Node(
        node.domain,
        node.op_type,
        inputs,
        [_copy_attribute(graph, attribute, values) for attribute in attributes],
        overload=node.overload,
        outputs=outputs,
        name=node.name if keep_names else base,
        metadata_props={**node.metadata_props, **graph.metadata},
    )
    graph.put(copy)
    if node.op_type == "Constant" and not node.domain:
        outputs[0].const_value = ir.convenience.get_const_tensor(outputs[0])
    values.update(zip(node.outputs, outputs))
    return copy


def _copy_attribute(graph: Graph, attribute: ir.Attr, values: Mapping[Any, Any]) -> ir.Attr:
    if attribute.type == ir.AttributeType.GRAPH:
        return ir.AttrGraph(attribute.name, copy_body(graph, attribute.value, values).ir)
    return attribute


def copy_body(parent: Graph, body: ir.Graph, values: Mapping[Any, Any]) -> Graph:
    """A copy of the body of a Scan, If or Loop, as a Graph below *parent*."""
    copy = Graph(body.name or "body", opset=parent.opset, parent=parent)
    mine = dict(values)
    for value in body.inputs:
        new = Value(copy, copy.unique(value.name or "input"), None)
        new.type, new.shape = value.type, value.shape
        copy.ir.inputs.append(new)
        mine[value] = new
    for name, value in body.initializers.items():
        mine[value] = copy._store(copy.unique(name), stored(value).numpy())
    mine = inline(copy, body, mine)
    copy.ir.outputs.extend(mine[value] for value in body.outputs)
    return copy
