"""Gradients of operators that read or write at given positions.

Sums at equal positions go through ScatterElements: ScatterND(reduction="add") loses updates when two threads meet
at one position (CPU provider of onnxruntime, 1.19 and 1.31).
"""

from collections.abc import Callable, Sequence

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, flat, gradient
from declnet.graph import Graph, Value, is_static, known_dims

INDICES = flat("NonMaxSuppression", reason="its result is an index")


def add_at(node: Node, like: Value, positions: Value, dy: Value) -> Value:
    """Zeros shaped as *like*, with *dy* added at the *positions* of its flattened elements."""
    graph = node.graph
    zero = np.zeros(1, like.dtype.numpy())
    zeros = graph.ConstantOfShape(graph.Unsqueeze(graph.Size(like), [0]), value=zero)
    summed = graph.ScatterElements(
        zeros, graph.Reshape(positions, [-1]), graph.Reshape(dy, [-1]), axis=0, reduction="add"
    )
    return graph.stamp(graph.Reshape(summed, graph.shape_of(like)), like)


def take(node: Node, values: Value, positions: Value) -> Value:
    """The elements of the flattened *values* at *positions*, in the shape of *positions*."""
    return node.graph.Gather(node.graph.Reshape(values, [-1]), positions, axis=0)


@gradient("Gather")
def gather(node: Node, dy: Value) -> Gradients:
    """Rows that were read are added up where they came from."""
    graph, (x, indices) = node.graph, node.inputs
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    rank = len(x.shape)
    axis = node.attribute("axis") % rank
    static = is_static(known_dims(x))
    if rank == 2 and axis == 0 and static and known_dims(x)[0] <= node.target.costs.table:
        return _picked(node, x, indices, dy), None
    rows = graph.Reshape(dy, _with_axis(graph, x, axis)) if indices.shape is None or len(indices.shape) != 1 else dy
    return _add_rows(node, x, indices, rows, axis), None


def _picked(node: Node, x: Value, indices: Value, dy: Value) -> Value:
    """The sums of the rows of *dy* that were read from each row of the matrix *x*, by a product."""
    graph, (count, features) = node.graph, known_dims(x)
    # An index below 0 counts from the end.
    places = graph.Mod(graph.Reshape(graph.Cast(indices, to=np.dtype("int64")), [1, -1]), count)
    reads = graph.Cast(graph.Equal(np.arange(count)[:, None], places), to=x.dtype)
    return graph.Gemm(reads, graph.Reshape(dy, [-1, features]))


def _add_rows(node: Node, like: Value, indices: Value, rows: Value, axis: int) -> Value:
    """Zeros shaped as *like*, with *rows* added along *axis* at the (flattened) *indices*."""
    graph, rank = node.graph, len(known_dims(like))
    column = graph.Reshape(indices, [-1 if k == axis else 1 for k in range(rank)])
    where = graph.Expand(column, graph.Shape(rows)) if rank > 1 else column
    return graph.ScatterElements(node.zeros(like), where, rows, axis=axis, reduction="add")


def _with_axis(graph: Graph, x: Value, axis: int) -> Sequence[int] | Value:
    """The shape of *x* with -1 at *axis*."""
    lengths = [-1 if k == axis else length for k, length in enumerate(known_dims(x))]
    if is_static(lengths):
        return lengths
    parts = [graph.Shape(x, end=axis)] * (axis > 0) + [graph.constant([-1])]
    parts += [graph.Shape(x, start=axis + 1)] * (axis + 1 < len(lengths))
    return graph.Concat(*parts, axis=0)


@gradient("Unique")
def unique(node: Node, dy: Value, *_: Value | None) -> Gradients:
    """Of equal elements, the first has the gradient."""
    x, axis, first = node.input(0), node.attribute("axis"), node.optional_output(1)
    if axis is None:
        return (add_at(node, x, first, dy),)
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    return (_add_rows(node, x, first, dy, axis % len(x.shape)),)


@gradient("GatherElements")
def gather_elements(node: Node, dy: Value) -> Gradients:
    x, indices = node.inputs
    axis = node.attribute("axis")
    return node.graph.ScatterElements(node.zeros(x), indices, dy, axis=axis, reduction="add"), None


@gradient("GatherND")
def gather_nd(node: Node, dy: Value) -> Gradients:
    graph, (x, indices) = node.graph, node.inputs
    numbers = graph.Reshape(graph.Range(0, graph.Size(x), 1), graph.shape_of(x))
    return add_at(node, x, graph.GatherND(numbers, indices, batch_dims=node.attribute("batch_dims")), dy), None


@gradient("ScatterElements")
def scatter_elements(node: Node, dy: Value) -> Gradients:
    graph, axis = node.graph, node.attribute("axis")

    def read(values: Value) -> Value:
        return graph.GatherElements(values, node.input(1), axis=axis)

    def write(values: tuple[Value, Value], reduction: str = "none") -> Value:
        return graph.ScatterElements(values[0], node.input(1), values[1], axis=axis, reduction=reduction)

    return _scatter(node, dy, read, write)


@gradient("ScatterND")
def scatter_nd(node: Node, dy: Value) -> Gradients:
    graph = node.graph

    def read(values: Value) -> Value:
        return graph.GatherND(values, node.input(1))

    def write(values: tuple[Value, Value], reduction: str = "none") -> Value:
        return graph.ScatterND(values[0], node.input(1), values[1], reduction=reduction)

    return _scatter(node, dy, read, write)


def _scatter(node: Node, dy: Value, read: Callable[[Value], Value], write: Callable[..., Value]) -> Gradients:
    """The gradients of data and updates. Of "max" and "min", equal candidates share the gradient equally."""
    graph, (x, _, updates), y = node.graph, node.inputs, node.output
    reduction = node.attribute("reduction")
    if reduction == "none":
        return write((dy, node.zeros(updates))), None, read(dy)
    if reduction == "add":
        return dy, None, read(dy)
    if reduction == "mul":
        weighted = dy * y
        return weighted / x, None, read(weighted) / updates
    kept = graph.Cast(graph.Equal(x, y), to=x.dtype)
    chosen = graph.Cast(graph.Equal(updates, read(y)), to=x.dtype)
    share = dy / write((kept, chosen), "add")
    return share * kept, None, read(share) * chosen


@gradient("OneHot")
def one_hot(node: Node, dy: Value) -> Gradients:
    """The two values, off and on, get the sums of what stands at their places."""
    graph, (indices, depth, values) = node.graph, node.inputs
    on = graph.OneHot(indices, depth, graph.Cast([0.0, 1.0], to=values.dtype), axis=node.attribute("axis"))
    total_on = graph.ReduceSum(dy * on, keepdims=0)
    total_off = graph.ReduceSum(dy, keepdims=0) - total_on
    return None, None, graph.Concat(graph.Unsqueeze(total_off, [0]), graph.Unsqueeze(total_on, [0]), axis=0)


@gradient("TopK")
def top_k(node: Node, dy: Value, _: Value | None = None) -> Gradients:
    x = node.input(0)
    where, axis = node.optional_output(1), node.attribute("axis")
    return node.graph.ScatterElements(node.zeros(x), where, dy, axis=axis, reduction="add"), None


@gradient("TensorScatter")
def tensor_scatter(node: Node, dy: Value) -> Gradients:
    """What was overwritten in the cache has no gradient; the update reads it where it was written."""
    graph, (cache, update), starts = node.graph, node.inputs[:2], node.input(2)
    if update.shape is None:
        raise node.unsupported("the rank of its input must be known")
    rank, how = len(update.shape), {name: node.attribute(name) for name in ("axis", "mode")}
    axis = how["axis"] % rank
    places = graph.Range(0, graph.Gather(graph.Shape(update), axis), 1)
    if starts is not None:
        places = graph.Unsqueeze(starts, [1]) + places
    if how["mode"] == "circular":
        places = graph.Mod(places, graph.Gather(graph.Shape(cache), axis))
    shape = [-1 if k == axis else 1 for k in range(rank)] if starts is None else None
    shape = shape or [0 if k == 0 else -1 if k == axis else 1 for k in range(rank)]
    read = graph.GatherElements(dy, graph.Expand(graph.Reshape(places, shape), graph.Shape(update)), axis=axis)
    return (graph.op("TensorScatter", dy, node.zeros(update), starts, **how), read, None)[: len(node.inputs)]
