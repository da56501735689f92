"""Graphs to ONNX models and back, and their text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import onnx
import onnx.inliner
import onnx.version_converter
import onnx_ir as ir

import declnet
from declnet.errors import GraphError
from declnet.graph.bodies import discard, reads
from declnet.graph.graph import Graph
from declnet.graph.inline import copy_node
from declnet.graph.known import small_constant
from declnet.graph.value import Value, stored
from declnet.target import IR_VERSION, NEWEST_OPSET, OPSET


def to_model(
    graph: Graph, metadata: Mapping[str, str] | None = None, *, ir_version: int = IR_VERSION
) -> onnx.ModelProto:
    """The ONNX model of *graph*, in a version of the file format that every supported runtime reads."""
    model = ir.Model(
        graph.ir,
        ir_version=ir_version,
        producer_name="declnet",
        producer_version=declnet.__version__,
        metadata_props=dict(metadata or {}),
    )
    return ir.to_proto(model)


def from_model(model: onnx.ModelProto, inputs: Collection[str] = (), *, opset: int = OPSET) -> Graph:
    """A Graph that holds a copy of *model*: same names, types inferred, local functions inlined.

    Args:
        inputs: the initializers of these names become inputs.
        opset: what a model of opset 17 or less is converted to; a newer one stays as it is.

    Raises:
        GraphError: the model is not valid ONNX, or its operators are of a version that cannot be converted; the data
            of a tensor are not in it.
    """
    _check_whole(model)
    version = _opset(model)
    try:
        onnx.checker.check_model(model)
        if version < 18:
            model = onnx.version_converter.convert_version(model, opset)
            version = opset
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
        model = onnx.shape_inference.infer_shapes(model, strict_mode=False, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, RuntimeError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise GraphError(
            f"the model cannot be read: {reason}", hint="`onnx.checker.check_model` says the same"
        ) from None
    source = ir.from_proto(model)
    graph = Graph(source.graph.name or "main", opset=version)
    graph.ir.opset_imports.update(source.graph.opset_imports)
    given = {}
    for value in source.graph.inputs:
        if value.name not in source.graph.initializers:
            given[value] = _copy(graph, value)
            graph.ir.inputs.append(given[value])
    for name, value in source.graph.initializers.items():
        given[value] = copy = _copy(graph, value)
        tensor = stored(value)
        copy.type, copy.shape = ir.TensorType(tensor.dtype), ir.Shape(tensor.shape.numpy())
        if name in inputs:
            graph.ir.inputs.append(copy)
        else:
            copy.const_value = tensor
            graph.ir.initializers[name] = copy
    source.graph.sort()
    values = dict(given)
    # Before the nodes are copied, since what is inside bodies gets names that are free then.
    for name in (value.name for node in source.graph for value in node.outputs if value.name):
        graph.claim(name)
    for node in source.graph:
        _copy_typed(graph, node, values, keep_names=True)
    for name in (node.name for node in graph.ir.all_nodes() if node.name):
        graph.reserve(name)
    graph.ir.outputs.extend(values[value] for value in source.graph.outputs)
    return graph


def _check_whole(model: onnx.ModelProto) -> None:
    """Refuse what is no model, what onnx is too old for, and tensors whose data were not loaded."""
    if not isinstance(model, onnx.ModelProto):
        what = f"{type(model).__name__}, not an onnx.ModelProto"
        raise GraphError(f"the model is a {what}", hint="onnx.load(path) and onnx.load_from_string(data) give one")
    newest = onnx.defs.onnx_opset_version()
    if _opset(model) > newest:
        raise GraphError(
            f"the model is of opset {_opset(model)}, which onnx {onnx.__version__} does not know",
            allowed=f"opset {newest} or less",
            hint="install a newer onnx",
        )
    if _opset(model) > NEWEST_OPSET:
        raise GraphError(
            f"the model is of opset {_opset(model)}, whose operators declnet has not been held against",
            allowed=f"opset {NEWEST_OPSET} or less",
            hint=f"convert it: onnx.version_converter.convert_version(model, {NEWEST_OPSET})",
        )
    if _opset(model) < 9 and any(node.op_type == "Scan" for node in model.graph.node):
        raise GraphError("the Scan of opset 8, which had a batch axis, cannot be converted", allowed="opset 9 or more")
    outside = [tensor for tensor in model.graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]
    if outside:
        place = {entry.key: entry.value for entry in outside[0].external_data}.get("location")
        raise GraphError(
            f"the data of {len(outside)} tensors, {outside[0].name!r} for one, are not in the model but in {place!r}",
            hint="load it by onnx.load(path), which reads them from the files beside it",
        )


def _copy(graph: Graph, value: ir.Value) -> Value:
    copy = Value(graph, graph.claim(value.name or ""), None)
    copy.type, copy.shape = value.type, value.shape
    return copy


def _copy_typed(graph: Graph, node: ir.Node, values: dict[Any, Any], keep_names: bool = False) -> None:
    """Copy *node*, or the branch of an If that is always taken; infer its types with what is known by then."""
    condition = values.get(node.inputs[0]) if node.op_type == "If" and not node.domain else None
    constant = None if condition is None else small_constant(condition)
    if constant is None:
        graph.complete_types(copy_node(graph, node, values, keep_names))
        return
    taken = node.attributes["then_branch" if constant.numpy().item() else "else_branch"].value
    for value in taken.initializers.values():
        values[value] = graph.constant(stored(value).numpy())
    for inner in taken:
        _copy_typed(graph, inner, values)
    for old, result in zip(node.outputs, taken.outputs):
        values[old] = graph.alias(values.get(result, result))
        if keep_names and old.name:
            values[old].name = old.name


def _opset(model: onnx.ModelProto) -> int:
    return next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)


def prune(graph: Graph) -> Graph:
    """Remove the nodes and initializers that no output needs; return *graph*."""
    needed = set(graph.ir.outputs)
    for node in reversed(list(graph.ir)):
        if needed.isdisjoint(node.outputs):
            discard(graph.ir, [node])
        else:
            needed.update(reads(node))
    for name, value in list(graph.ir.initializers.items()):
        if value not in needed:
            del graph.ir.initializers[name]
    graph.forget(needed)
    return graph


def prune_inputs(graph: Graph) -> Graph:
    """Remove the inputs that nothing reads; return *graph*."""
    for value in list(graph.ir.inputs):
        if not value.uses() and not value.is_graph_output():
            graph.ir.inputs.remove(value)
    return graph


def text(graph: Graph) -> str:
    """The graph as ONNX text, small initializers included: for goldens and for people."""
    return onnx.printer.to_text(to_model(graph))
