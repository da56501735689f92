"""Gradients of convolutions: each is again a convolution, with input, weights and output in other roles.

Of the input, it is one product whose columns are added up, or a convolution with flipped weights where windows see
much, or channels are many on one axis or in groups; of the weights, one product over what each element of the kernel
saw. The target's costs say what is much and many.
"""

import itertools
import math

import numpy as np

from declnet.autodiff.registry import gradient
from declnet.autodiff.windows import spread, windows
from declnet.graph import dims


@gradient("Conv")
def conv(node, dy):
    x, w = node.input(0), node.input(1)
    win = _windows(node, x, node.output)
    group = node.attribute("group")
    dx = _input_gradient(node, win, dy, w, group, x)
    return (dx, _weight_gradient(node, win, x, dy, w, group), _bias_gradient(node, dy))[: len(node.inputs)]


@gradient("Conv", needs={"com.microsoft"})
def conv_fused(node, dy):
    """ConvGrad beats every standard form of dW once windows see much; of dX, it does not.

    It works on one image after the other, so with several threads the product over the batch wins for small images.
    """
    x, w = node.input(0), node.input(1)
    win, group = _windows(node, x, node.output), node.attribute("group")
    if not win.static or x.dtype.name != "FLOAT" or not _large(node, win, w, dy, group):
        return NotImplemented
    _, dw, db = node.graph.op(
        "ConvGrad",
        *(dy, x, w),
        domain="com.microsoft",
        types=[None, (w.dtype, dims(w)), (w.dtype, dims(w)[:1])],
        kernel_shape=win.kernel,
        strides=win.strides,
        dilations=win.dilations,
        pads=[*win.begins, *win.ends],
        group=group,
    )
    return (_input_gradient(node, win, dy, w, group, x), dw, db)[: len(node.inputs)]


@gradient("ConvTranspose")
def conv_transpose(node, dy):
    """The adjoint of a convolution from y to x: its gradients are that convolution and its weight gradient."""
    x, w = node.input(0), node.input(1)
    win, group = _windows(node, node.output, x), node.attribute("group")
    pads = [*win.begins, *win.end_pads]
    how = {"strides": win.strides, "dilations": win.dilations, "kernel_shape": win.kernel, "group": group}
    dx = node.graph.Conv(dy, w, pads=pads, **how)
    return (dx, _weight_gradient(node, win, dy, x, w, group), _bias_gradient(node, dy))[: len(node.inputs)]


@gradient("Col2Im")
def col2im(node, dy):
    """The blocks are read again, by a convolution whose kernels each pick one element."""
    graph, block = node.graph, node.input(2)
    count = graph.ReduceProd(block, [0], keepdims=1)
    eye = graph.EyeLike(graph.ConstantOfShape(graph.Concat(count, count, axis=0), value=np.zeros(1, dy.dtype.numpy())))
    picks = graph.Reshape(eye, graph.Concat([-1, 1], block, axis=0))
    images = graph.Reshape(dy, graph.Concat([-1, 1], graph.Shape(dy, start=2), axis=0))
    return graph.Reshape(graph.Conv(images, picks, **node.ir.attributes), graph.shape_of(node.input(0))), None, None


def _windows(node, image, counts):
    w = node.input(1)
    if w.shape is None or image.shape is None or counts.shape is None:
        raise node.unsupported("the ranks of its inputs must be known")
    kernel = list(node.attribute("kernel_shape") or dims(w)[2:])
    if not all(isinstance(length, int) for length in kernel):
        raise node.unsupported("the kernel's size must be known")
    return windows(node, image, counts, kernel)


def _many(node, w) -> bool:
    """Whether *w* has many channels on both sides (for a depthwise kernel: in all)."""
    (out, rest), many = dims(w)[:2], node.target.costs.many
    return isinstance(out, int) and isinstance(rest, int) and out >= many and (rest >= many or rest == 1)


def _large(node, win, w, dy, group) -> bool:
    """Whether a convolution, or ConvGrad, beats a product over all that the windows see: by how much that is.

    On one axis by the channels: there the rows to gather are short, and Col2Im is out of question.
    """
    if group > 1 or (len(win.kernel) == 1 and _many(node, w)):
        return _many(node, w)
    sizes = (*dims(w)[1:], *dims(dy)[2:])
    return all(isinstance(size, int) for size in sizes) and math.prod(sizes) > node.target.costs.wide


def _bias_gradient(node, dy):
    return node.graph.ReduceSum(dy, [0, *range(2, len(dy.shape))], keepdims=0)


def _input_gradient(node, win, dy, w, group, x):
    margins = [extent - 1 - begin for extent, begin in zip(win.extents, win.begins)]
    if not (_large(node, win, w, dy, group) and win.static and set(win.strides) == {1}):
        return _by_columns(node, win, dy, w, group, x)
    tails = [extent - 1 - tail for extent, tail in zip(win.extents, win.tails)]
    if min(margins + tails) < 0:
        return _by_columns(node, win, dy, w, group, x)
    flipped = _flipped(node, w, group, win.kernel)
    return node.graph.Conv(
        dy, flipped, pads=margins + tails, dilations=win.dilations, group=group, kernel_shape=win.kernel
    )


def _by_columns(node, win, dy, w, group, x):
    """One product gives what each window hands back, and Col2Im adds it up: 0.42 of the transposed form, two threads.

    That one, which onnxruntime runs image by image, serves where Col2Im does not: groups, unknown sizes, other types,
    and what the target avoids.
    """
    graph, sizes, counts = node.graph, dims(x)[2:], dims(dy)[1:]
    static = all(isinstance(length, int) for length in (*sizes, *counts, *dims(w)))
    avoided = {"Col2Im"} if len(sizes) == 2 else {"Col2Im", "Col2Im.axes"}
    if avoided & node.target.avoid or group > 1 or not static or not win.static or x.dtype.name != "FLOAT":
        return spread(node, win, dy, w, group, x)
    flat = graph.Transpose(graph.Reshape(w, [dims(w)[0], -1]), perm=[1, 0])
    columns = flat @ graph.Reshape(dy, [0, counts[0], -1])
    how = {"strides": win.strides, "dilations": win.dilations, "pads": [*win.begins, *win.ends]}
    return graph.Col2Im(columns, list(sizes), win.kernel, **how)


def _flipped(node, w, group, kernel):
    """*w* (M, C/group, ...) reversed in space, with input and output channels swapped: (C, M/group, ...)."""
    graph, rank = node.graph, len(kernel)
    axes = [axis + 2 for axis in range(rank) if kernel[axis] > 1]
    if axes:
        count = len(axes)
        w = graph.Slice(w, [-1] * count, [-(2**31)] * count, axes, [-1] * count)
    if group == 1:
        return graph.Transpose(w, perm=[1, 0, *range(2, rank + 2)])
    out, rest = dims(w)[:2]
    groups = graph.Reshape(w, [group, out // group, rest, *kernel])
    swapped = graph.Transpose(groups, perm=[0, 2, 1, *range(3, rank + 3)])
    return graph.Reshape(swapped, [group * rest, out // group, *kernel])


def _weight_gradient(node, win, x, dy, w, group):
    """The sum over images and windows of dy times what the window saw: (M, C/group, ...)."""
    costs = node.target.costs
    sized = win.static and all(isinstance(n, int) for n in (*dims(w), *dims(x)[1:], *dims(dy)[1:]))
    if sized and group == 1 and math.prod(dims(w)[1:]) * math.prod(dims(dy)[2:]) <= costs.rows:
        return _by_product(node, win, x, dy, w)
    if sized and dims(w)[1] == 1 and group == dims(w)[0] >= costs.many:
        return _by_channels(node, win, x, dy, w)
    return _by_convolution(node, win, x, dy, w, group)


def _by_convolution(node, win, x, dy, w, group):
    """Images are the channels of this convolution, dy is its kernel; strides and dilations change roles."""
    graph, rank = node.graph, len(win.kernel)
    space = list(range(2, rank + 2))
    images = graph.Transpose(x, perm=[1, 0, *space])
    if group > 1:
        split = graph.Reshape(x, graph.Concat(graph.Shape(x, end=1), [group, -1], graph.Shape(x, start=2), axis=0))
        split = graph.Transpose(split, perm=[2, 1, 0, *(axis + 1 for axis in space)])
        images = graph.Reshape(split, graph.Concat(graph.Shape(split, end=1), [-1], graph.Shape(x, start=2), axis=0))
    swapped = graph.Conv(
        *(images, graph.Transpose(dy, perm=[1, 0, *space])),
        pads=[*win.begins, *win.end_pads],
        strides=win.dilations,
        dilations=win.strides,
        group=group,
    )
    if any(tail is None or tail < 0 for tail in win.tails):
        swapped = graph.Slice(swapped, [0] * rank, win.kernel, space)
    return graph.Transpose(swapped, perm=[1, 0, *space])


def _shifted(node, win, x, dy):
    """For each element of the kernel, the part of *x* that it met: (N, C, as dy)."""
    graph, rank = node.graph, len(win.kernel)
    pads = [0, 0, *win.begins, 0, 0, *win.end_pads]
    padded = graph.Pad(x, pads) if any(pads) else x
    spans = [(count - 1) * stride + 1 for count, stride in zip(dims(dy)[2:], win.strides)]
    axes = list(range(2, rank + 2))
    for offsets in itertools.product(*(range(0, k * d, d) for k, d in zip(win.kernel, win.dilations))):
        ends = [offset + span for offset, span in zip(offsets, spans)]
        yield graph.Slice(padded, list(offsets), ends, axes, win.strides)


def _by_product(node, win, x, dy, w):
    """dW = what each element of the kernel saw (C · kernel, windows · N) times dyᵀ (windows · N, M).

    With the batch on the last axis, what was seen are whole rows, which Gather copies at once: on CPU twice as fast
    as the convolution over swapped axes.
    """
    graph, rank = node.graph, len(win.kernel)
    out, channels = dims(w)[:2]
    pads = [0, 0, *win.begins, 0, 0, *win.end_pads]
    padded = graph.Pad(x, pads) if any(pads) else x
    seen = graph.Gather(_batch_last(graph, padded), _rows(node, win, x, dy), axis=0)
    seen = graph.Reshape(seen, [channels * math.prod(win.kernel), -1])
    total = graph.Gemm(seen, graph.Reshape(_batch_last(graph, dy), [out, -1]), transB=1)
    return graph.Transpose(graph.Reshape(total, [channels, *win.kernel, out]), perm=[rank + 1, *range(rank + 1)])


def _batch_last(graph, value):
    """(N, ...) as (..., N) with all axes but the batch in one."""
    return graph.Transpose(graph.Reshape(value, [0, -1]), perm=[1, 0])


def _rows(node, win, x, dy):
    """Where in a padded image (C, ...) each element of the kernel finds each window: indices (C · kernel · windows).

    They are the sum of an index for all axes but the last and one for the last, which keeps the model small.
    """
    graph, rank = node.graph, len(win.kernel)
    lengths = [length + begin + end for length, begin, end in zip(dims(x)[2:], win.begins, win.end_pads)]
    strides = [math.prod(lengths[axis + 1 :]) for axis in range(rank)]
    parts = [np.arange(dims(x)[1]).reshape(-1, *[1] * (2 * rank)) * math.prod(lengths)]
    for axis, (size, count) in enumerate(zip(win.kernel, dims(dy)[2:])):
        shape = [1] * (2 * rank + 1)
        shape[1 + axis], shape[1 + rank + axis] = size, count
        steps = np.arange(size)[:, None] * win.dilations[axis] + np.arange(count) * win.strides[axis]
        parts.append(steps.reshape(shape) * strides[axis])
    return graph.Reshape(graph.Add(sum(parts[:-1]).astype(np.int64), parts[-1].astype(np.int64)), [-1])


def _by_channels(node, win, x, dy, w):
    """The depthwise case: each element of the kernel sees one product per channel."""
    graph = node.graph
    axes = [0, *range(2, len(win.kernel) + 2)]
    sums = [graph.Unsqueeze(graph.ReduceSum(part * dy, axes, keepdims=0), [1]) for part in _shifted(node, win, x, dy)]
    return graph.Reshape(graph.Concat(*sums, axis=1) if len(sums) > 1 else sums[0], list(dims(w)))
