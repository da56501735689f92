"""Gradients of convolutions: each is again a convolution, with input, weights and output in other roles.

Of the input, it is one product whose columns are added up, or a convolution with flipped weights where windows see
much, or channels are many on one axis or in groups; of the weights, one product over what each element of the kernel
saw. The target's costs say what is much and many.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.autodiff.windows import Convolution, Windows, spread, windows
from declnet.graph import Graph, Value, is_static, known_dims


@gradient("Conv")
def conv(node: Node, dy: Value) -> Gradients:
    back = _convolution(node, dy)
    return (_input_gradient(back), _weight_gradient(back), _bias_gradient(node, dy))[: len(node.inputs)]


@gradient("Conv", needs={"com.microsoft"})
def conv_fused(node: Node, dy: Value) -> Gradients:
    """ConvGrad beats every standard form of dW once windows see much; of dX, it does not.

    It works on one image after the other, so with several threads the product over the batch wins for small images.
    """
    back = _convolution(node, dy)
    x, w, win = back.x, back.w, back.win
    if not win.static or x.dtype.name != "FLOAT" or not _is_large(back):
        return NotImplemented
    _, dw, db = node.graph.op(
        "ConvGrad",
        *(dy, x, w),
        domain="com.microsoft",
        types=[None, (w.dtype, known_dims(w)), (w.dtype, known_dims(w)[:1])],
        pads=[*win.begins, *win.ends],
        **back.sliding,
    )
    return (_input_gradient(back), dw, db)[: len(node.inputs)]


@gradient("ConvTranspose")
def conv_transpose(node: Node, dy: Value) -> Gradients:
    """The adjoint of a convolution from y to x: its gradients are that convolution and its weight gradient."""
    x, w = node.input(0), node.input(1)
    win, group = _windows(node, node.output, x), node.attribute("group")
    back = Convolution(node, dy, w, x, group, win)
    dx = node.graph.Conv(dy, w, pads=[*win.begins, *win.end_pads], **back.sliding)
    return (dx, _weight_gradient(back), _bias_gradient(node, dy))[: len(node.inputs)]


@gradient("Col2Im")
def col2im(node: Node, dy: Value) -> Gradients:
    """The blocks are read again, by a convolution whose kernels each pick one element."""
    graph, block = node.graph, node.input(2)
    count = graph.ReduceProd(block, [0], keepdims=1)
    eye = graph.EyeLike(graph.ConstantOfShape(graph.Concat(count, count, axis=0), value=np.zeros(1, dy.dtype.numpy())))
    picks = graph.Reshape(eye, graph.Concat([-1, 1], block, axis=0))
    images = graph.Reshape(dy, graph.Concat([-1, 1], graph.Shape(dy, start=2), axis=0))
    return graph.Reshape(graph.Conv(images, picks, **node.ir.attributes), graph.shape_of(node.input(0))), None, None


def _convolution(node: Node, dy: Value) -> Convolution:
    x, w = node.input(0), node.input(1)
    return Convolution(node, x, w, dy, node.attribute("group"), _windows(node, x, node.output))


def _windows(node: Node, image: Value, counts: Value) -> Windows:
    w = node.input(1)
    if w.shape is None or image.shape is None or counts.shape is None:
        raise node.unsupported("the ranks of its inputs must be known")
    kernel = node.attribute("kernel_shape") or known_dims(w)[2:]
    if not is_static(kernel):
        raise node.unsupported("the kernel's size must be known")
    return windows(node, image, counts, kernel)


def _has_many(back: Convolution) -> bool:
    """Whether there are many channels on both sides (for a depthwise kernel: in all)."""
    (out, rest), many = known_dims(back.w)[:2], back.node.target.costs.many
    return is_static((out, rest)) and out >= many and (rest >= many or rest == 1)


def _is_large(back: Convolution) -> bool:
    """Whether a convolution, or ConvGrad, beats a product over all that the windows see: by how much that is.

    On one axis by the channels: there the rows to gather are short, and Col2Im is out of question.
    """
    if back.group > 1 or (len(back.win.kernel) == 1 and _has_many(back)):
        return _has_many(back)
    seen = (*known_dims(back.w)[1:], *known_dims(back.dy)[2:])
    return is_static(seen) and math.prod(seen) > back.node.target.costs.wide


def _bias_gradient(node: Node, dy: Value) -> Value:
    return node.graph.ReduceSum(dy, [0, *range(2, dy.rank)], keepdims=0)


def _input_gradient(back: Convolution) -> Value:
    win = back.win
    if not (_is_large(back) and win.static and set(win.strides) == {1}):
        return _by_columns(back)
    margins = [extent - 1 - begin for extent, begin in zip(win.extents, win.begins)]
    margins += [extent - 1 - tail for extent, tail in zip(win.extents, win.tails) if tail is not None]
    if min(margins) < 0:
        return _by_columns(back)
    return back.graph.Conv(
        back.dy, _flipped(back), pads=margins, dilations=win.dilations, group=back.group, kernel_shape=win.kernel
    )


def _by_columns(back: Convolution) -> Value:
    """One product gives what each window hands back, and Col2Im adds it up: 0.42 of the transposed form, two threads.

    That one, which onnxruntime runs image by image, serves where Col2Im does not: groups, unknown sizes, other types,
    and what the target avoids.
    """
    graph, win, w = back.graph, back.win, back.w
    sizes, counts = known_dims(back.x)[2:], known_dims(back.dy)[1:]
    static = win.static and is_static((*sizes, *counts, *known_dims(w)))
    avoided = {"Col2Im"} if len(sizes) == 2 else {"Col2Im", "Col2Im.axes"}
    if avoided & back.node.target.avoid or back.group > 1 or not static or back.x.dtype.name != "FLOAT":
        return spread(back)
    flat = graph.Transpose(graph.Reshape(w, [known_dims(w)[0], -1]), perm=[1, 0])
    columns = flat @ graph.Reshape(back.dy, [0, counts[0], -1])
    how = {"strides": win.strides, "dilations": win.dilations, "pads": [*win.begins, *win.ends]}
    return graph.Col2Im(columns, list(sizes), win.kernel, **how)


def _flipped(back: Convolution) -> Value:
    """The kernels (M, C/group, ...) reversed in space, with input and output channels swapped: (C, M/group, ...)."""
    graph, w, kernel, group = back.graph, back.w, back.win.kernel, back.group
    rank = len(kernel)
    axes = [axis + 2 for axis in range(rank) if kernel[axis] > 1]
    if axes:
        count = len(axes)
        w = graph.Slice(w, [-1] * count, [-(2**31)] * count, axes, [-1] * count)
    if group == 1:
        return graph.Transpose(w, perm=[1, 0, *range(2, rank + 2)])
    out, rest = known_dims(w)[:2]
    groups = graph.Reshape(w, [group, out // group, rest, *kernel])
    swapped = graph.Transpose(groups, perm=[0, 2, 1, *range(3, rank + 3)])
    return graph.Reshape(swapped, [group * rest, out // group, *kernel])


def _weight_gradient(back: Convolution) -> Value:
    """The sum over images and windows of dy times what the window saw: (M, C/group, ...)."""
    shape, counts, costs = known_dims(back.w), known_dims(back.dy)[1:], back.node.target.costs
    sized = back.win.static and is_static((*shape, *known_dims(back.x)[1:], *counts))
    if sized and back.group == 1 and math.prod(shape[1:]) * math.prod(counts[1:]) <= costs.rows:
        return _by_product(back)
    if sized and shape[1] == 1 and back.group == shape[0] >= costs.many:
        return _by_channels(back)
    return _by_convolution(back)


def _by_convolution(back: Convolution) -> Value:
    """Images are the channels of this convolution, dy is its kernel; strides and dilations change roles."""
    graph, x, win, group = back.graph, back.x, back.win, back.group
    rank = len(win.kernel)
    space = list(range(2, rank + 2))
    images = graph.Transpose(x, perm=[1, 0, *space])
    if group > 1:
        split = graph.Reshape(x, graph.Concat(graph.Shape(x, end=1), [group, -1], graph.Shape(x, start=2), axis=0))
        split = graph.Transpose(split, perm=[2, 1, 0, *(axis + 1 for axis in space)])
        images = graph.Reshape(split, graph.Concat(graph.Shape(split, end=1), [-1], graph.Shape(x, start=2), axis=0))
    swapped = graph.Conv(
        *(images, graph.Transpose(back.dy, perm=[1, 0, *space])),
        pads=[*win.begins, *win.end_pads],
        strides=win.dilations,
        dilations=win.strides,
        group=group,
    )
    if any(tail is None or tail < 0 for tail in win.tails):
        swapped = graph.Slice(swapped, [0] * rank, win.kernel, space)
    return graph.Transpose(swapped, perm=[1, 0, *space])


def _padded(back: Convolution) -> Value:
    """The image with the padding that windows see."""
    pads = [0, 0, *back.win.begins, 0, 0, *back.win.end_pads]
    return back.graph.Pad(back.x, pads) if any(pads) else back.x


def _by_product(back: Convolution) -> Value:
    """dW = what each element of the kernel saw (C · kernel, windows · N) times dyᵀ (windows · N, M).

    With the batch on the last axis, what was seen are whole rows, which Gather copies at once: on CPU twice as fast
    as the convolution over swapped axes.
    """
    graph, kernel = back.graph, back.win.kernel
    out, channels = known_dims(back.w)[:2]
    seen = graph.Gather(_batch_last(graph, _padded(back)), _rows(back), axis=0)
    seen = graph.Reshape(seen, [channels * math.prod(kernel), -1])
    total = graph.Gemm(seen, graph.Reshape(_batch_last(graph, back.dy), [out, -1]), transB=1)
    rank = len(kernel)
    return graph.Transpose(graph.Reshape(total, [channels, *kernel, out]), perm=[rank + 1, *range(rank + 1)])


def _batch_last(graph: Graph, value: Value) -> Value:
    """(N, ...) as (..., N) with all axes but the batch in one."""
    return graph.Transpose(graph.Reshape(value, [0, -1]), perm=[1, 0])


def _rows(back: Convolution) -> Value:
    """Where in a padded image (C, ...) each element of the kernel finds each window: indices (C · kernel · windows).

    They are the sum of an index for all axes but the last and one for the last, which keeps the model small.
    """
    graph, win, (channels, *sizes) = back.graph, back.win, known_dims(back.x)[1:]
    rank = len(win.kernel)
    lengths = [length + begin + end for length, begin, end in zip(sizes, win.begins, win.end_pads)]
    strides = [math.prod(lengths[axis + 1 :]) for axis in range(rank)]
    parts = [np.arange(channels).reshape(-1, *[1] * (2 * rank)) * math.prod(lengths)]
    for axis, (size, count) in enumerate(zip(win.kernel, known_dims(back.dy)[2:])):
        shape = [1] * (2 * rank + 1)
        shape[1 + axis], shape[1 + rank + axis] = size, count
        steps = np.arange(size)[:, None] * win.dilations[axis] + np.arange(count) * win.strides[axis]
        parts.append(steps.reshape(shape) * strides[axis])
    most, last = sum(parts[1:-1], parts[0]), parts[-1]
    return graph.Reshape(graph.Add(most.astype(np.int64), last.astype(np.int64)), [-1])


def _by_channels(back: Convolution) -> Value:
    """The depthwise case: each element of the kernel sees one product per channel."""
    graph = back.graph
    axes = [0, *range(2, len(back.win.kernel) + 2)]
    sums = [graph.Unsqueeze(graph.ReduceSum(part * back.dy, axes, keepdims=0), [1]) for part in _shifted(back)]
    return graph.Reshape(graph.Concat(*sums, axis=1) if len(sums) > 1 else sums[0], list(known_dims(back.w)))


def _shifted(back: Convolution) -> Iterator[Value]:
    """For each element of the kernel, the part of the image that it met: (N, C, as dy)."""
    win, padded = back.win, _padded(back)
    spans = [(count - 1) * stride + 1 for count, stride in zip(known_dims(back.dy)[2:], win.strides)]
    axes = list(range(2, len(win.kernel) + 2))
    for offsets in itertools.product(*(range(0, k * d, d) for k, d in zip(win.kernel, win.dilations))):
        ends = [offset + span for offset, span in zip(offsets, spans)]
        yield back.graph.Slice(padded, list(offsets), ends, axes, win.strides)
