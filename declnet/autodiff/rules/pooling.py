"""Gradients of pools: a maximum goes back to its place, a mean to all places of its window."""

from typing import Any

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.autodiff.rules.indexing import add_at, take
from declnet.autodiff.rules.reductions import share_equally
from declnet.autodiff.windows import Convolution, Windows, fit_ends, spread, windows
from declnet.graph import Graph, Value, is_static, known_dims


def _windows(node: Node) -> Windows:
    x, y = node.input(0), node.output
    if x.shape is None or y.shape is None:
        raise node.unsupported("the rank of its input must be known")
    return windows(node, x, y, node.attribute("kernel_shape"))


@gradient("MaxPool")
def max_pool(node: Node, dy: Value, _: Value | None = None) -> Gradients:
    graph, x, win = node.graph, node.input(0), _windows(node)
    if _tiled(win) and x.dtype.name == "FLOAT":
        return (_to_first_maximum(node, win, dy),)
    if "MaxPool.Indices" in node.target.avoid:
        return (_by_masks(node, win, dy),)
    if node.attribute("storage_order"):
        row_major: dict[str, Any] = {**node.ir.attributes, "storage_order": 0}
        _, where = graph.MaxPool(x, outputs=2, **row_major)
    else:
        where = node.optional_output(1)
    if win.disjoint and x.dtype.name == "FLOAT" and "MaxUnpool" not in node.target.avoid:
        shape = graph.Shape(x)
        dx = graph.MaxUnpool(dy, where, shape, kernel_shape=win.kernel, strides=win.strides)
        return (graph.stamp(dx, x),)
    return (add_at(node, x, where, dy),)


def _tiled(win: Windows) -> bool:
    """Whether disjoint windows cover the image and nothing else."""
    return win.disjoint and win.static and not any(win.tails)


def _to_first_maximum(node: Node, win: Windows, dy: Value) -> Value:
    """dy where x is the maximum of its window; of equal maxima, the first in row-major order.

    MaxPool's Indices say the same, but on CPU they cost ten times as much as the maxima themselves.
    """
    graph, x = node.graph, node.input(0)
    counts = [length // size for length, size in zip(known_dims(x)[2:], win.kernel)]
    ranks = np.arange(np.prod(win.kernel), 0, -1, dtype=np.float32).reshape(1, 1, *win.kernel)
    rank = _where_equal(graph, x, _repeat(graph, win, node.output)) * graph.Tile(ranks, [1, 1, *counts])
    first = graph.MaxPool(rank, kernel_shape=win.kernel, strides=win.strides)
    return _repeat(graph, win, dy) * _where_equal(graph, rank, _repeat(graph, win, first))


def _by_masks(node: Node, win: Windows, dy: Value) -> Value:
    """The same for windows that overlap or reach into padding, without Indices.

    A convolution with one-hot kernels lays out each window's elements as channels, and its transpose hands them back.
    """
    graph, x = node.graph, node.input(0)
    if not win.static:
        raise node.unsupported(f"the target {node.target.name!r} needs static spatial dimensions here")
    size = int(np.prod(win.kernel))
    picks = graph.constant(np.eye(size).reshape(size, 1, *win.kernel), x.dtype)
    images = _one_channel(graph, x)
    how: dict[str, Any] = {"kernel_shape": win.kernel, "strides": win.strides, "dilations": win.dilations}
    how["pads"] = [*win.begins, *win.end_pads]
    seen = graph.Conv(images, picks, **how)
    # Padding is 0 in this convolution and must not pass for an element that is 0.
    real = graph.Conv(_ones(graph, x), picks, **how)
    equal = _where_equal(graph, seen, _one_channel(graph, node.output)) * real
    first = equal * graph.Cast(graph.Equal(graph.CumSum(equal, 1, exclusive=1), 0.0), to=x.dtype)
    back = spread(Convolution(node, images, picks, first * _one_channel(graph, dy), 1, win))
    return graph.Reshape(back, graph.shape_of(x))


def _where_equal(graph: Graph, a: Value, b: Value) -> Value:
    return graph.Cast(graph.Equal(a, b), to=a.dtype)


def _repeat(graph: Graph, win: Windows, values: Value) -> Value:
    """Give each element of a window the window's value, where windows are disjoint."""
    scales = np.array([1, 1, *win.kernel], np.float32)
    return graph.Resize(
        values, None, scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    )


@gradient("MaxUnpool")
def max_unpool(node: Node, dy: Value) -> Gradients:
    return (take(node, dy, node.input(1)), None, None)[: len(node.inputs)]


@gradient("AveragePool")
def average_pool(node: Node, dy: Value) -> Gradients:
    graph, x, win = node.graph, node.input(0), _windows(node)
    if win.disjoint and not node.attribute("ceil_mode"):
        wide = _repeat(graph, win, dy / float(np.prod(win.kernel)))
        return (fit_ends(graph, wide, x),)
    return (_to_windows(node, win, dy / _counts(node, win, x)),)


def _to_windows(node: Node, win: Windows, values: Value) -> Value:
    """Give each element of a window the window's value; the sum where windows overlap. Channels count as images."""
    graph, x = node.graph, node.input(0)
    ones = graph.constant(np.ones([1, 1, *win.kernel]), x.dtype)
    values = _one_channel(graph, values)
    summed = spread(Convolution(node, _one_channel(graph, x), ones, values, 1, win))
    return graph.Reshape(summed, graph.shape_of(x))


def _one_channel(graph: Graph, value: Value) -> Value:
    """*value* (N, C, ...) as (N · C, 1, ...)."""
    space = known_dims(value)[2:]
    if is_static(space):
        return graph.Reshape(value, [-1, 1, *space])
    return graph.Reshape(value, graph.Concat([-1, 1], graph.Shape(value, start=2), axis=0))


def _ones(graph: Graph, x: Value) -> Value:
    """An image of ones (1, 1, ...) as large as those of *x*."""
    one, space = graph.Cast(1.0, to=x.dtype), known_dims(x)[2:]
    if is_static(space):
        return graph.Expand(one, [1, 1, *space])
    return graph.Expand(one, graph.Concat([1, 1], graph.Shape(x, start=2), axis=0))


def _counts(node: Node, win: Windows, x: Value) -> float | Value:
    """By how much each window divides: a number, or an array (1, 1, ...) where windows reach into padding."""
    full = float(np.prod(win.kernel))
    padded = any(win.begins) or any(win.ends)
    if not node.attribute("ceil_mode") and (not padded or node.attribute("count_include_pad")):
        return full
    if not is_static((*known_dims(x)[2:], *known_dims(node.output)[2:])):
        if node.attribute("ceil_mode"):
            raise node.unsupported("ceil_mode needs static spatial dimensions")
        how: dict[str, Any] = {**node.ir.attributes, "count_include_pad": 1}
        return node.graph.AveragePool(_ones(node.graph, x), **how) * full
    counts = np.ones([])
    for axis, length in enumerate(known_dims(x)[2:]):
        margin = (win.begins[axis], win.ends[axis]) if node.attribute("count_include_pad") else (0, 0)
        first = np.arange(known_dims(node.output)[axis + 2]) * win.strides[axis] - win.begins[axis]
        seen = first[:, None] + np.arange(win.kernel[axis]) * win.dilations[axis]
        within = (seen >= -margin[0]) & (seen < length + margin[1])
        counts = np.multiply.outer(counts, within.sum(1))
    return node.graph.constant(counts[None, None], x.dtype)


@gradient("LpPool")
def lp_pool(node: Node, dy: Value) -> Gradients:
    return (_lp(node, _to_windows(node, _windows(node), _lp_share(node, dy))),)


@gradient("GlobalLpPool")
def global_lp_pool(node: Node, dy: Value) -> Gradients:
    return (_lp(node, _lp_share(node, dy)),)


def _lp_share(node: Node, dy: Value) -> Value:
    """dy · y^(1-p), and 0 where the norm y is 0."""
    graph, y, p = node.graph, node.output, node.attribute("p")
    safe = graph.Where(graph.Equal(y, 0.0), 1.0, y)
    return dy if p == 1 else dy / (safe if p == 2 else graph.Pow(safe, float(p - 1)))


def _lp(node: Node, share: Value) -> Value:
    """The derivative |x|^(p-1) sign(x) of |x|^p / p, times *share*."""
    graph, x, p = node.graph, node.input(0), node.attribute("p")
    if p == 2:
        return x * share
    return graph.Sign(x) * (share if p == 1 else graph.Pow(graph.Abs(x), float(p - 1)) * share)


@gradient("GlobalAveragePool")
def global_average_pool(node: Node, dy: Value) -> Gradients:
    x = node.input(0)
    return (dy / node.count(x, node.output, _space(node)),)


@gradient("GlobalMaxPool")
def global_max_pool(node: Node, dy: Value) -> Gradients:
    return (share_equally(node, node.output, dy, _space(node)),)


def _space(node: Node) -> list[int]:
    x = node.input(0)
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    return list(range(2, len(x.shape)))
