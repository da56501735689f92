"""What is known of small values before the graph runs: mostly shapes, and what is computed from them.

A model asks for a shape, takes a dim of it, multiplies, and reshapes by the result; a rank may hang on that. So
what such values hold is followed here, element by element: a number, a dim that has only a name, or None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir

from declnet.graph.bodies import bodies, inputs, is_random, outputs
from declnet.graph.value import Value, dims, is_static, known_dims

_MOST = 1024

Known = dict[ir.Value, np.ndarray]


def content(value: ir.Value | None, known: Known) -> np.ndarray | None:
    """The elements of *value*, numbers, names and None; None where nothing is known of them."""
    if value is None:
        return None
    if value in known:
        return known[value]
    small = small_constant(value)
    return None if small is None else small.numpy()


def small_constant(value: ir.Value) -> ir.TensorProtocol | None:
    """What *value* is in every run, where it is small. An input with a default is no constant: a run may give it."""
    # Texts cannot be a shape, and onnx-ir does not serialise them alone.
    if value.const_value is None or value.dtype == ir.DataType.STRING or value.is_graph_input():
        return None
    return value.const_value if value.const_value.size <= _MOST else None


def follow(node: ir.Node, opset: int, known: Known) -> None:
    """Add to *known* what the outputs of *node* hold; what is wholly known becomes their ``const_value``."""
    if node.domain or is_random(node) or bodies(node) or node.op_type == "Constant":
        return
    if node.op_type == "ConstantOfShape" and node.outputs[0].dtype != ir.DataType.INT64:
        return  # to be computed rather than stored
    try:
        with np.errstate(all="ignore"):
            results = _results(node, opset, known)
    except Exception:  # whatever the reference evaluator cannot do stays unknown
        return
    for value, result in zip(outputs(node), results or ()):
        if result is None or result.size > _MOST:
            continue
        if result.dtype != object or all(isinstance(element, int) for element in result.flat):
            dtype = value.dtype.numpy() if value.dtype is not None else np.int64
            value.const_value = ir.tensor(result.astype(dtype), name=value.name)
        else:
            known[value] = result


def _results(node: ir.Node, opset: int, known: Known) -> list[np.ndarray | None] | None:
    """What the outputs of *node* hold."""
    read = inputs(node)
    if not read:
        return None
    if node.op_type in ("Shape", "Size") and read[0] is not None:
        if read[0].shape is None:
            return None
        lengths = known_dims(read[0])
        if node.op_type == "Size":
            return [np.array(math.prod(lengths), np.int64)] if is_static(lengths) else None
        start, end = (node.attributes[name].value if name in node.attributes else None for name in ("start", "end"))
        return [np.array(lengths, object)[start:end]]
    given = [content(value, known) for value in read]
    if node.op_type == "Concat":
        given = [_unknown(value) if each is None and value is not None else each for value, each in zip(read, given)]
    if any(each is None for value, each in zip(read, given) if value is not None):
        return None
    if all(each is None or each.dtype != object for each in given):
        return _run(node, opset, given)
    return _move(node, opset, given) if node.op_type in _MOVING else None


def _unknown(value: Value) -> np.ndarray | None:
    """Unknown elements, as many as the integer vector *value* has."""
    lengths = dims(value)
    if value.dtype != ir.DataType.INT64 or lengths is None or len(lengths) != 1 or not isinstance(lengths[0], int):
        return None
    return np.full(lengths[0], None, object)


def _run(node: ir.Node, opset: int, given: Sequence[np.ndarray | None]) -> list[np.ndarray | None]:
    """Evaluate *node*."""
    from onnx.reference import ReferenceEvaluator  # takes a quarter of a second; many models never need it

    proto = ir.to_proto(node)
    feed = {value.name: array for value, array in zip(inputs(node), given) if value is not None}
    made = [value.name for value in outputs(node)]
    nothing = onnx.TypeProto()
    graph = onnx.helper.make_graph(
        [proto],
        "node",
        [onnx.helper.make_value_info(name, nothing) for name in feed],
        [onnx.helper.make_value_info(name, nothing) for name in made if name],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    found = dict(zip(filter(None, made), ReferenceEvaluator(model).run(None, feed)))
    return [np.asarray(found[name]) if name in found else None for name in made]


# Operators that only move elements, so that it does not matter what those are: the moved input is the first.
_MOVING = {"Identity", "Gather", "Slice", "Squeeze", "Unsqueeze", "Reshape", "Concat", "Split", "Cast", "Transpose"}


def _move(node: ir.Node, opset: int, given: Sequence[Any]) -> list[np.ndarray | None] | None:
    """Move elements that are not numbers: evaluate *node* on their positions."""
    if node.op_type == "Cast" and node.outputs[0].dtype != ir.DataType.INT64:
        return None
    if node.op_type == "Concat":
        sizes = np.cumsum([0, *(each.size for each in given)])
        numbers = [np.arange(a, b).reshape(each.shape) for a, b, each in zip(sizes, sizes[1:], given)]
        elements = np.concatenate([each.astype(object).ravel() for each in given])
    elif any(each is not None and each.dtype == object for each in given[1:]):
        return None
    else:
        numbers = [np.arange(given[0].size).reshape(given[0].shape), *given[1:]]
        elements = given[0].ravel()
    return [None if where is None else np.array(elements[where], object) for where in _run(node, opset, numbers)]
