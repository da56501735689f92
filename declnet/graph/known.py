"""What is known of small values before the graph runs: mostly shapes, and what is computed from them.

A model asks for a shape, takes a dim of it, multiplies, and reshapes by the result; a rank may hang on that. So
what such values hold is followed here, element by element: a number, a dim that has only a name, or None.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir

from declnet.graph.bodies import bodies, is_random
from declnet.graph.value import dims

_MOST = 1024


def content(value: ir.Value | None, known: dict) -> np.ndarray | None:
    """The elements of *value*, numbers, names and None; None where nothing is known of them."""
    if value is None or value in known:
        return known.get(value)
    return value.const_value.numpy() if is_small_constant(value) else None


def is_small_constant(value: ir.Value) -> bool:
    """Whether *value* is the same in every run, and small. An input with a default is not: a run may give it."""
    # Texts cannot be a shape, and onnx-ir does not serialise them alone.
    if value.const_value is None or value.dtype == ir.DataType.STRING or value.is_graph_input():
        return False
    return value.const_value.size <= _MOST


def follow(node: ir.Node, opset: int, known: dict) -> None:
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
    for value, result in zip(node.outputs, results or ()):
        if result is None or result.size > _MOST:
            continue
        if result.dtype != object or all(isinstance(element, int) for element in result.flat):
            dtype = value.dtype.numpy() if value.dtype is not None else np.int64
            value.const_value = ir.tensor(result.astype(dtype), name=value.name)
        else:
            known[value] = result


def _results(node: ir.Node, opset: int, known: dict) -> list[np.ndarray | None] | None:
    """What the outputs of *node* hold."""
    if node.op_type == "Shape":
        lengths = dims(node.inputs[0])
        start, end = (node.attributes[name].value if name in node.attributes else None for name in ("start", "end"))
        return None if lengths is None else [np.array(lengths, object)[start:end]]
    if node.op_type == "Size":
        lengths = dims(node.inputs[0])
        static = lengths is not None and all(isinstance(length, int) for length in lengths)
        return [np.array(np.prod(lengths, dtype=np.int64))] if static else None
    if not node.inputs:
        return None
    given = [content(value, known) for value in node.inputs]
    if node.op_type == "Concat":
        given = [_unknown(value) if each is None else each for value, each in zip(node.inputs, given)]
    if any(each is None for value, each in zip(node.inputs, given) if value is not None):
        return None
    if all(each is None or each.dtype != object for each in given):
        return _run(node, opset, given)
    return _move(node, opset, given) if node.op_type in _MOVING else None


def _unknown(value: ir.Value) -> np.ndarray | None:
    """Unknown elements, as many as the integer vector *value* has."""
    lengths = dims(value)
    if value.dtype != ir.DataType.INT64 or lengths is None or len(lengths) != 1 or not isinstance(lengths[0], int):
        return None
    return np.full(lengths[0], None, object)


def _run(node: ir.Node, opset: int, given) -> list[np.ndarray]:
    """Evaluate *node*."""
    from onnx.reference import ReferenceEvaluator  # takes a quarter of a second; many models never need it

    proto = ir.to_proto(node)
    names = [value.name for value in node.inputs if value is not None]
    feed = {value.name: array for value, array in zip(node.inputs, given) if value is not None}
    nothing = onnx.TypeProto()
    graph = onnx.helper.make_graph(
        [proto],
        "node",
        [onnx.helper.make_value_info(name, nothing) for name in dict.fromkeys(names)],
        [onnx.helper.make_value_info(value.name, nothing) for value in node.outputs if value.name],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    found = dict(zip((value.name for value in node.outputs if value.name), ReferenceEvaluator(model).run(None, feed)))
    return [np.asarray(found[value.name]) if value.name in found else None for value in node.outputs]


# Operators that only move elements, so that it does not matter what those are: the moved input is the first.
_MOVING = {"Identity", "Gather", "Slice", "Squeeze", "Unsqueeze", "Reshape", "Concat", "Split", "Cast", "Transpose"}


def _move(node: ir.Node, opset: int, given) -> list[np.ndarray | None] | None:
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
