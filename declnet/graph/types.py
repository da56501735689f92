"""What comes out of an operator: ONNX's own inference, one node at a time, and what it forgets.

ONNX infers from one node without the values that a Shape operator yields at run time; the engine and the layers
use those to say "as large as that one". So the dims of such vectors are followed here through the few operators
that carry them, and stamped on what Reshape, Expand and ConstantOfShape make of them.
"""

from __future__ import annotations

import onnx
import onnx_ir as ir
from onnx.checker import ValidationError
from onnx.shape_inference import InferenceError, infer_node_outputs

from declnet.errors import GraphError
from declnet.graph.value import dims

_SMALL = 1024


def infer(node: ir.Node, opset: int, known: dict) -> list[tuple]:
    """(dtype, dims) of each output of *node*. *known* holds, and gets, the dims that integer vectors stand for.

    Raises:
        GraphError: the inputs do not fit the operator, or each other.
    """
    schema = onnx.defs.get_schema(node.op_type, opset, node.domain)
    proto = ir.to_proto(node)
    types = {value.name: type_proto(value) for value in _reads(node)}
    data = {v.name: ir.to_proto(v.const_value) for v in node.inputs if v is not None and _is_small(v)}
    imports = [onnx.helper.make_opsetid("", opset)]
    try:
        _check_arity(schema, node)
        found = infer_node_outputs(schema, proto, types, data, opset_imports=imports, ir_version=10)
    except (InferenceError, ValidationError, GraphError, RuntimeError, ValueError) as error:
        raise GraphError(_message(node, error)) from None
    outputs = [_dtype_and_dims(found.get(output.name)) for output in node.outputs]
    return _follow(node, outputs, known)


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
    elif node.op_type == "Conv" and shape is None and inputs[0].shape is not None and inputs[1].shape is not None:
        images, channels, *space = dims(inputs[0])
        outputs = [(dtype, [images, dims(inputs[1])[0], *[None] * len(space)])]
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


def _reads(node: ir.Node):
    """The values that *node* reads, those that its bodies capture included."""
    yield from (value for value in node.inputs if value is not None)
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH:
            body = attribute.value
            own = {*body.inputs, *body.initializers.values()}
            own.update(value for inner in body.all_nodes() for value in inner.outputs)
            for inner in body.all_nodes():
                yield from (value for value in inner.inputs if value is not None and value not in own)


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
