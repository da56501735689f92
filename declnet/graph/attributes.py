"""Data types and attributes of operators from Python values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir


def as_dtype(dtype: Any) -> ir.DataType:
    """An onnx-ir data type from its name, a numpy type or ONNX's number."""
    if isinstance(dtype, ir.DataType):
        return dtype
    if isinstance(dtype, int):
        return ir.DataType(dtype)
    return ir.DataType.from_numpy(np.dtype(dtype))


def as_attribute(name: str, value: Any) -> ir.Attr:
    """An attribute from a Python value; an ir.Graph becomes a body."""
    if isinstance(value, ir.Attr):
        return value
    if isinstance(value, ir.Graph):
        return ir.AttrGraph(name, value)
    if isinstance(value, np.dtype | ir.DataType):
        value = int(as_dtype(value))
    if isinstance(value, np.ndarray):
        return ir.AttrTensor(name, ir.tensor(value))
    if isinstance(value, bool | np.bool_):
        value = int(value)
    if isinstance(value, list | tuple) and not value:
        return ir.AttrInt64s(name, [])
    return ir.convenience.convert_attribute(name, value)


def natural_dtype(value: Any) -> ir.DataType | None:
    """The type of a Python number or list that nothing else determines: float32, int64 or bool."""
    kind = np.asarray(value).dtype.kind
    return {"f": ir.DataType.FLOAT, "i": ir.DataType.INT64, "b": ir.DataType.BOOL}.get(kind)


def as_declared(schema: onnx.defs.OpSchema | None, key: str, value: Any) -> Any:
    """*value*, as a float where the operator declares one: ``alpha=2`` and ``alpha=2.0`` are the same."""
    declared = None if schema is None else schema.attributes.get(key)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and declared and declared.type == onnx.defs.OpSchema.AttrType.FLOAT else value


def hashable(attributes: Mapping) -> tuple:
    """A key of the same attributes."""
    return tuple((key, _frozen(value)) for key, value in sorted(attributes.items()))


def _frozen(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, ir.Attr):
        return (value.type, _frozen(value.value))
    if isinstance(value, ir.TensorProtocol):
        return _frozen(value.numpy())
    if isinstance(value, ir.Graph):
        return value
    return (type(value).__name__, value)
