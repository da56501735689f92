"""What comes out of an operator: ONNX's own inference, one node at a time, and what it forgets.

ONNX infers from one node without the values that a Shape operator yields at run time; the engine and the layers
use those to say "as large as that one". So the dims of such vectors are followed here through the few operators
that carry them, and stamped on what Reshape, Expand and ConstantOfShape make of them.
"""

from __future__ import annotations

import functools

import onnx
import onnx_ir as ir
from onnx.checker import ValidationError
from onnx.shape_inference import InferenceError, infer_node_outputs

from declnet.errors import GraphError
from declnet.graph.bodies import captured
from declnet.graph.value import dims

_SMALL = 1024
# Operators whose output is shaped as their input, which ONNX's inference does not say.
_AS_INPUT = {"GroupNormalization", "MeanVarianceNormalization"}


def infer(node: ir.Node, opset: int, known: dict) -> list[tuple]:
    """(dtype, dims) of each output of *node*. *known* holds, and gets, the dims that integer vectors stand for.

    Raises:
        GraphError: the inputs do not fit the operator, or each other.
    """
    schema = onnx.defs.get_schema(node.op_type, opset, node.domain)
    proto = ir.serde.serialize_node(node)
    types = {value.name: type_proto(value) for value in (*node.inputs, *captured(node)) if value is not None}
    data = {v.name: ir.serde.serialize_tensor(v.const_value) for v in node.inputs if v is not None and _is_small(v)}
    try:
        _check_arity(schema, node)
        found = infer_node_outputs(schema, proto, types, data, opset_imports=_imports(opset), ir_version=10)
    except (InferenceError, ValidationError, GraphError, RuntimeError, ValueError) as error:
        raise GraphError(_message(node, error)) from None
    outputs = [_dtype_and_dims(found.get(output.name)) for output in node.outputs]
    return _follow(node, outputs, known)


@functools.cache
def _imports(opset: int):
    return [onnx.helper.make_opsetid("", opset)]


def _follow(node, outputs, known):
    """Follow dims through *node*; return *outputs* with the shapes that are known by this."""
    inputs = node.inputs
    result = node.outputs[0]
    dtype, shape = outputs[0]
    if node.op_type == "Shape" and inputs[0].shape is not None:
        start, end = (node.attributes[name].value if name in node.attributes else None for name in ("start", "end"))
        known[result] = dims(inputs[0])[start:end]
    elif node.op_type == "Concat" and dtype == ir.DataType.INT64:
        parts = [_as_dims(value, known) for value in inputs]
        if None not in parts:
            known[result] = tuple(dim for part in parts for dim in part)
    elif node.op_type == "Identity" and inputs[0] in known:
        known[result] = known[inputs[0]]
    elif node.op_type in _AS_INPUT and shape is None:
        outputs = [(dtype, dims(inputs[0]))]
    elif node.op_type == "Conv" and shape is None and inputs[0].shape is not None and inputs[1].shape is not None:
        images, _, *space = dims(inputs[0])
        outputs = [(dtype, [images, dims(inputs[1])[0], *[None] * len(space)])]
    elif node.op_type.startswith("Reduce") and shape is None and _keeps_dims(node) and inputs[0].shape is not None:
        outputs = [(dtype, [None] * len(inputs[0].shape))]
    elif node.op_type == "Resize" and shape is not None and inputs[0].shape is not None:
        # An axis that is not resized keeps its length, also one that has only a name.
        kept = _kept_axes(node)
        outputs = [(dtype, [have if k in kept else new for k, (have, new) in enumerate(zip(dims(inputs[0]), shape))])]
    elif node.op_type.startswith("Reduce") and shape is None and _sums_all(node):
        outputs = [(dtype, [])]
    elif node.op_type in ("Reshape", "Expand", "ConstantOfShape") and inputs[-1] in known:
        target = tuple(None if dim in (0, -1) else dim for dim in known[inputs[-1]])
        covered = node.op_type != "Expand" or _covers(target, dims(inputs[0]))
        if covered and (shape is None or None in shape):
            outputs = [(dtype, target), *outputs[1:]]
    return outputs


def _as_dims(value, known):
    """The dims that an integer vector stands for; None where that is not known."""
    if value in known:
        return known[value]
    if _is_small(value) and len(value.shape) == 1:
        return tuple(int(dim) for dim in value.const_value.numpy())
    return None


def _kept_axes(node) -> list[int]:
    """The axes that a Resize leaves alone."""
    rank = len(node.inputs[0].shape)
    axes = [axis % rank for axis in node.attributes["axes"].value] if "axes" in node.attributes else list(range(rank))
    scales = node.inputs[2] if len(node.inputs) == 3 else None
    known = scales.const_value.numpy() if scales is not None and _is_small(scales) else [None] * len(axes)
    return [k for k in range(rank) if k not in axes or known[axes.index(k)] == 1]


def _keeps_dims(node) -> bool:
    return "keepdims" not in node.attributes or bool(node.attributes["keepdims"].value)


def _sums_all(node) -> bool:
    """Whether a reduction, which does not keep dims, goes over all axes."""
    axes = node.inputs[1] if len(node.inputs) > 1 else None
    return axes is None and "noop_with_empty_axes" not in node.attributes


def _covers(target, shape) -> bool:
    """Whether expanding *shape* to *target* gives just *target*: no dim of shape is larger than target's."""
    if shape is None or len(shape) > len(target):
        return False
    return all(have in (1, want) for have, want in zip(reversed(shape), reversed(target)))


def _check_arity(schema, node) -> None:
    count = len(node.inputs)
    if not schema.min_input <= count <= schema.max_input:
        allowed = f"{schema.min_input} to {schema.max_input}"
        raise GraphError(f"it takes {allowed} inputs, not {count}")
    unknown = sorted(set(node.attributes) - set(schema.attributes))
    if unknown:
        raise GraphError(f"it has no attribute {unknown[0]!r}; it has {sorted(schema.attributes)}")


def _message(node: ir.Node, error: Exception) -> str:
    reason = error.diagnostics[0].message if isinstance(error, GraphError) else str(error)
    reason = reason.strip().split("\n")[0].removeprefix("[ShapeInferenceError]").removeprefix("[TypeInferenceError]")
    given = ", ".join("none" if value is None else describe(value) for value in node.inputs)
    return f"{node.op_type}({given}) in {node.name!r}: {reason.strip()}"


def describe(value: ir.Value) -> str:
    """``float32 (N, 3)``: the type of a value for a message."""
    shape = dims(value)
    inside = "…" if shape is None else ", ".join("?" if dim is None else str(dim) for dim in shape)
    return f"{value.dtype.name.lower() if value.dtype is not None else 'unknown'} ({inside})"


def _is_small(value: ir.Value) -> bool:
    # Texts cannot be a shape, and onnx-ir does not serialise them alone.
    texts = value.dtype == ir.DataType.STRING
    return value.const_value is not None and not texts and value.const_value.size <= _SMALL


def type_proto(value: ir.Value) -> onnx.TypeProto:
    """The ONNX type of *value*, as inference wants it."""
    if value.type is None:
        raise GraphError(f"the type of {value.name!r} is not known")
    if not isinstance(value.type, ir.TensorType):
        return ir.serde.serialize_type(value.type)
    shape = dims(value)
    return onnx.helper.make_tensor_type_proto(int(value.dtype), shape)


def _dtype_and_dims(proto: onnx.TypeProto | None):
    if proto is None or not proto.HasField("tensor_type"):
        return None, None
    tensor = proto.tensor_type
    dtype = ir.DataType(tensor.elem_type)
    if not tensor.HasField("shape"):
        return dtype, None
    return dtype, [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim]
