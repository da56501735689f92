"""What comes out of an operator: ONNX's own inference, one node at a time, and what it forgets.

ONNX infers from one node without the values that a Shape operator yields at run time; the engine and the layers
use those to say "as large as that one". So what is known of such vectors (``known.py``) is stamped here on what
Reshape, Expand and ConstantOfShape make of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import onnx
import onnx_ir as ir
from onnx.checker import ValidationError
from onnx.shape_inference import InferenceError, infer_node_outputs

from declnet.errors import GraphError
from declnet.graph.bodies import captured, inputs, outputs
from declnet.graph.known import Known, content, follow, small_constant
from declnet.graph.value import Dim, describe, dims, known_dims
from declnet.target import IR_VERSION

# The type of a value, as far as it is known.
Typed = tuple[ir.DataType | None, Sequence[Dim] | None]

# Operators whose output is shaped as their input, which ONNX's inference does not say.
_AS_INPUT = {"GroupNormalization", "MeanVarianceNormalization"}


def infer(node: ir.Node, opset: int, known: Known) -> list[Typed]:
    """(dtype, dims) of each output of *node*. *known* holds, and gets, what is known of small values.

    Raises:
        GraphError: the inputs do not fit the operator, or each other.
    """
    schema = onnx.defs.get_schema(node.op_type, opset, node.domain)
    proto = ir.serde.serialize_node(node)
    read = [value for value in inputs(node) if value is not None]
    types = {value.name: type_proto(value) for value in (*read, *captured(node))}
    constants = {value.name: small_constant(value) for value in read}
    data = {name: ir.serde.serialize_tensor(each) for name, each in constants.items() if each is not None}
    try:
        _check_arity(schema, node)
        found = infer_node_outputs(schema, proto, types, data, opset_imports=_imports(opset), ir_version=IR_VERSION)
    except (InferenceError, ValidationError, GraphError, RuntimeError, ValueError) as error:
        raise GraphError(_message(node, error)) from None
    made = outputs(node)
    typed = _completed(node, [_dtype_and_dims(found.get(value.name)) for value in made], known)
    for value, (dtype, _) in zip(made, typed):
        if value.type is None and dtype is not None:
            value.type = ir.TensorType(dtype)
    follow(node, opset, known)
    return [
        (dtype, shape if value.const_value is None else list(value.const_value.shape.numpy()))
        for value, (dtype, shape) in zip(made, typed)
    ]


@functools.cache
def _imports(opset: int) -> list[onnx.OperatorSetIdProto]:
    return [onnx.helper.make_opsetid("", opset)]


def _completed(node: ir.Node, typed: list[Typed], known: Known) -> list[Typed]:
    """Return *typed* with the shapes that ONNX's inference does not know."""
    read: tuple[Any, ...] = inputs(node)
    dtype, shape = typed[0]
    if node.op_type in _AS_INPUT and shape is None:
        return [(dtype, dims(read[0]))]
    if node.op_type == "Conv" and shape is None and read[0].shape is not None and read[1].shape is not None:
        images, _, *space = known_dims(read[0])
        return [(dtype, [images, known_dims(read[1])[0], *[None] * len(space)])]
    if node.op_type.startswith("Reduce") and shape is None and _keeps_dims(node) and read[0].shape is not None:
        return [(dtype, [None] * len(read[0].shape))]
    if node.op_type == "Resize" and shape is not None and read[0].shape is not None:
        # An axis that is not resized keeps its length, also one that has only a name.
        kept = _kept_axes(node)
        return [(dtype, [have if k in kept else new for k, (have, new) in enumerate(zip(known_dims(read[0]), shape))])]
    if node.op_type.startswith("Reduce") and shape is None and _sums_all(node):
        return [(dtype, [])]
    if node.op_type in ("Reshape", "Expand", "ConstantOfShape") and (shape is None or None in shape):
        asked = _asked_for(node, known)
        if asked is not None:
            return [(dtype, asked), *typed[1:]]
    return typed


def _asked_for(node: ir.Node, known: Known) -> list[Dim] | None:
    """The dims that Reshape, Expand or ConstantOfShape is asked for; None where not even their number is known."""
    read: tuple[Any, ...] = inputs(node)
    x, wanted = read[0], read[-1]
    elements = content(wanted, known)
    count = dims(wanted)
    if elements is not None:
        lengths = _plain(elements)
    elif count and isinstance(count[0], int):
        lengths = [None] * count[0]
    else:
        return None
    if node.op_type == "ConstantOfShape":
        return lengths
    have = dims(x)
    if node.op_type == "Reshape":
        zero_is_zero = "allowzero" in node.attributes and node.attributes["allowzero"].value
        before = () if have is None or zero_is_zero else have
        return [before[k] if dim == 0 and before else None if dim in (0, -1) else dim for k, dim in enumerate(lengths)]
    if have is None:
        return None
    rank = max(len(have), len(lengths))
    pairs = zip([1] * (rank - len(have)) + list(have), [1] * (rank - len(lengths)) + list(lengths))
    return [_expanded(*pair) for pair in pairs]


def _expanded(have: Dim, want: Dim) -> Dim:
    """The length of an axis of length *have* that is expanded to *want*."""
    if have == 1 or want == 1:
        return want if have == 1 else have
    return next((dim for dim in (have, want) if isinstance(dim, int)), have if have == want else None)


def _plain(lengths: Iterable[Any]) -> list[Dim]:
    return [dim if dim is None or isinstance(dim, str) else int(dim) for dim in lengths]


def _kept_axes(node: ir.Node) -> list[int]:
    """The axes that a Resize leaves alone."""
    read: tuple[Any, ...] = inputs(node)
    rank = len(read[0].shape)
    axes = [axis % rank for axis in node.attributes["axes"].value] if "axes" in node.attributes else list(range(rank))
    scales = content(read[2], {}) if len(read) == 3 else None
    return [k for k in range(rank) if k not in axes or (scales is not None and scales[axes.index(k)] == 1)]


def _keeps_dims(node: ir.Node) -> bool:
    return "keepdims" not in node.attributes or bool(node.attributes["keepdims"].value)


def _sums_all(node: ir.Node) -> bool:
    """Whether a reduction, which does not keep dims, goes over all axes."""
    axes = node.inputs[1] if len(node.inputs) > 1 else None
    return axes is None and "noop_with_empty_axes" not in node.attributes


def _check_arity(schema: onnx.defs.OpSchema, node: ir.Node) -> None:
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


def type_proto(value: ir.Value) -> onnx.TypeProto:
    """The ONNX type of *value*, as inference wants it."""
    if value.type is None:
        raise GraphError(f"the type of {value.name!r} is not known")
    if not isinstance(value.type, ir.TensorType):
        return ir.serde.serialize_type(value.type)
    shape = dims(value)
    return onnx.helper.make_tensor_type_proto(int(value.type.dtype), shape)


def _dtype_and_dims(proto: onnx.TypeProto | None) -> Typed:
    if proto is None or not proto.HasField("tensor_type"):
        return None, None
    tensor = proto.tensor_type
    dtype = ir.DataType(tensor.elem_type)
    if not tensor.HasField("shape"):
        return dtype, None
    return dtype, [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim]
