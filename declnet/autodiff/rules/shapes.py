"""Gradients of operators that only move elements: the element moves back."""

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.autodiff.rules.indexing import add_at
from declnet.graph import Value, dims, is_static, known_dims


def _back(node: Node, dy: Value) -> Value:
    """Return *dy* in the shape of the first input."""
    empty = 0 in (dims(node.input(0)) or ())
    return node.graph.Reshape(dy, node.graph.shape_of(node.input(0)), allowzero=1 if empty else None)


def positions(node: Node, x: Value, index: int = 0) -> Value:
    """The node applied to the positions 0, 1, 2, ... of the elements of *x* instead of to *x*: where each came from."""
    graph = node.graph
    numbers = graph.Reshape(graph.Range(0, graph.Size(x), 1), graph.shape_of(x))
    inputs = list(node.inputs)
    inputs[index] = numbers
    return getattr(graph, node.op)(*inputs, **node.ir.attributes)


@gradient("Reshape")
def reshape(node: Node, dy: Value) -> Gradients:
    return _back(node, dy), None


@gradient("Flatten")
def flatten(node: Node, dy: Value) -> Gradients:
    return (_back(node, dy),)


@gradient("Squeeze")
def squeeze(node: Node, dy: Value) -> Gradients:
    if node.input(1) is None:
        return (_back(node, dy), None)[: len(node.inputs)]
    return node.graph.Unsqueeze(dy, node.input(1)), None


@gradient("Unsqueeze")
def unsqueeze(node: Node, dy: Value) -> Gradients:
    return node.graph.Squeeze(dy, node.input(1)), None


@gradient("Transpose")
def transpose(node: Node, dy: Value) -> Gradients:
    perm = node.attribute("perm")
    return (node.graph.Transpose(dy, perm=None if perm is None else [int(k) for k in np.argsort(perm)]),)


@gradient("Expand")
def expand(node: Node, dy: Value) -> Gradients:
    return dy, None


@gradient("Tile")
def tile(node: Node, dy: Value) -> Gradients:
    """Each axis of dy is split into (copies, length); the copies are added up."""
    graph, (x, repeats) = node.graph, node.inputs
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    split = graph.Concat(graph.Unsqueeze(repeats, [1]), graph.Unsqueeze(graph.Shape(x), [1]), axis=1)
    rank = len(x.shape)
    copies = graph.Reshape(dy, graph.Reshape(split, [2 * rank]))
    return graph.ReduceSum(copies, [2 * axis for axis in range(rank)], keepdims=0) if rank else dy, None


@gradient("Concat")
def concat(node: Node, dy: Value) -> Gradients:
    graph, axis = node.graph, node.attribute("axis")
    if len(node.inputs) == 1:
        return (dy,)
    lengths = [None if x.shape is None else known_dims(x)[axis] for x in node.inputs]
    if is_static(lengths):
        return graph.Split(dy, lengths, axis=axis, outputs=len(node.inputs))
    sizes = graph.Concat(*(graph.Gather(graph.Shape(x), [axis]) for x in node.inputs), axis=0)
    return graph.Split(dy, sizes, axis=axis, outputs=len(node.inputs))


@gradient("Split")
def split(node: Node, *dys: Value | None) -> Gradients:
    parts = [node.zeros(y) if dy is None else dy for y, dy in zip(node.outputs, dys)]
    return (node.graph.Concat(*parts, axis=node.attribute("axis")), None)[: len(node.inputs)]


@gradient("Slice")
def slices(node: Node, dy: Value) -> Gradients:
    """Pad what was cut off; where that is not a plain border, add each element at the position it came from."""
    pads = _cut_off(node)
    if pads is None:
        dx = add_at(node, node.input(0), positions(node, node.input(0)), dy)
    else:
        dx = node.graph.Pad(dy, pads) if any(pads) else dy
    return (dx, *[None] * (len(node.inputs) - 1))


def _cut_off(node: Node) -> list[int] | None:
    """What a Slice with steps of 1 along static axes cut off before and after, as pads; else None."""
    x = node.input(0)
    starts, ends = node.constant(1), node.constant(2)
    if x.shape is None or starts is None or ends is None:
        return None
    axes = node.constant(3) if node.input(3) is not None else np.arange(len(starts))
    steps = node.constant(4) if node.input(4) is not None else np.ones(len(starts), int)
    if axes is None or steps is None or any(step != 1 for step in steps):
        return None
    before, after = [0] * len(x.shape), [0] * len(x.shape)
    for axis, start, end in zip(axes.tolist(), starts.tolist(), ends.tolist()):
        length = known_dims(x)[axis]
        if not isinstance(length, int):
            return None
        first, last, _ = slice(start, end).indices(length)
        before[axis], after[axis] = first, length - max(first, last)
    return before + after


@gradient("Compress")
def compress(node: Node, dy: Value) -> Gradients:
    return add_at(node, node.input(0), positions(node, node.input(0)), dy), None


@gradient("ReverseSequence")
def reverse_sequence(node: Node, dy: Value) -> Gradients:
    """It is its own inverse."""
    return node.graph.ReverseSequence(dy, node.input(1), **node.ir.attributes), None


@gradient("Pad")
def pad(node: Node, dy: Value) -> Gradients:
    """A constant border is cut off; a mirrored, repeated or wrapped one is added where it came from."""
    graph, x = node.graph, node.input(0)
    rest = len(node.inputs) - 1
    if node.attribute("mode") != "constant":
        return (add_at(node, x, positions(node, x), dy), *[None] * rest)
    dx = graph.stamp(_cropped(node, dy), x)
    if node.input(2) is None:
        return (dx, *[None] * rest)
    border = graph.ReduceSum(dy, keepdims=0) - graph.ReduceSum(dx, keepdims=0)
    return (dx, None, border, None)[: rest + 1]


def _cropped(node: Node, dy: Value) -> Value:
    """*dy* with negative pads. They are given for all axes where that can be: an optimizer of onnxruntime (1.31)
    moves a Transpose past a Pad without looking at its axes."""
    pads, axes, x = node.constant(1), node.constant(3), node.input(0)
    if pads is None or x.shape is None or (axes is None and node.input(3) is not None):
        return node.graph.Pad(dy, node.graph.Neg(node.input(1)), None, node.input(3))
    rank = len(x.shape)
    full = np.zeros((2, rank), np.int64)
    full[:, np.arange(rank) if axes is None else axes] = -pads.reshape(2, -1)
    return node.graph.Pad(dy, full.ravel())


@gradient("DepthToSpace")
def depth_to_space(node: Node, dy: Value) -> Gradients:
    """SpaceToDepth is the inverse of mode DCR; in mode CRD its channels are in the other order."""
    graph, x, block = node.graph, node.input(0), node.attribute("blocksize")
    dx = graph.SpaceToDepth(dy, blocksize=block)
    if node.attribute("mode") != "CRD":
        return (dx,)
    channels = None if x.shape is None else known_dims(x)[1]
    if not isinstance(channels, int):
        raise node.unsupported("mode CRD needs a static number of channels")
    squares = graph.Reshape(dx, [0, block * block, channels // block**2, -1])
    return (_back(node, graph.Transpose(squares, perm=[0, 2, 1, 3])),)


@gradient("SpaceToDepth")
def space_to_depth(node: Node, dy: Value) -> Gradients:
    return (node.graph.DepthToSpace(dy, blocksize=node.attribute("blocksize")),)


@gradient("Trilu")
def triangle(node: Node, dy: Value) -> Gradients:
    return (node.graph.Trilu(dy, node.input(1), upper=node.attribute("upper")), None)[: len(node.inputs)]
