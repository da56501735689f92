"""The windows of convolutions and pools: where they lie, and how to hand values back through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from declnet.autodiff.node import Node
from declnet.graph import Graph, Value, is_static, known_dims


@dataclass(frozen=True)
class Windows:
    """How windows slide over an image; one entry per spatial axis in each list.

    ``begins`` is the padding before the image. ``tails`` is how far the last window reaches past its end: the padding
    after it that is really used, negative where elements at the end are not read; None where a dimension that
    decides it is not known.
    """

    kernel: list[int]
    strides: list[int]
    dilations: list[int]
    begins: list[int]
    ends: list[int]
    tails: list[int | None]

    @property
    def extents(self) -> list[int]:
        """The length of a window from its first to its last element."""
        return [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations)]

    @property
    def end_pads(self) -> list[int]:
        """The padding after the image, no more than is used, where that is known."""
        return [end if tail is None else max(tail, 0) for end, tail in zip(self.ends, self.tails)]

    @property
    def static(self) -> bool:
        """Whether all tails are known."""
        return None not in self.tails

    @property
    def disjoint(self) -> bool:
        """Whether no element is read by two windows, and none is padding."""
        return self.kernel == self.strides and set(self.dilations) == {1} and not any(self.begins + self.ends)


@dataclass(frozen=True)
class Convolution:
    """A convolution on the way back: ``dy`` (N, M, ...), one value per window, and what the windows saw.

    ``x`` (N, C, ...) is the image, ``w`` (M, C / group, kernel...) the kernels. Of a ConvTranspose, whose output is the
    image, x is the gradient of the output and dy the input.
    """

    node: Node
    x: Value
    w: Value
    dy: Value
    group: int
    win: Windows

    @property
    def graph(self) -> Graph:
        return self.node.graph

    @property
    def sliding(self) -> dict[str, Any]:
        """The attributes that say how windows slide, but for the padding."""
        win = self.win
        return {"strides": win.strides, "dilations": win.dilations, "group": self.group, "kernel_shape": win.kernel}


def windows(node: Node, x: Value, y: Value, kernel: Sequence[int]) -> Windows:
    """The windows of *node* over the image *x* (N, C, spatial...), giving *y* (N, M, spatial...).

    Also of a ConvTranspose, when *x* is its output and *y* its input.

    Raises:
        Unsupported: auto_pad over dimensions that are not known.
    """
    rank = len(kernel)
    strides = list(node.attribute("strides") or [1] * rank)
    dilations = list(node.attribute("dilations") or [1] * rank)
    pads = list(node.attribute("pads") or [0] * (2 * rank))
    mode = node.attribute("auto_pad")
    begins, ends, tails = [], [], []
    for axis, (length, count) in enumerate(zip(known_dims(x)[2:], known_dims(y)[2:])):
        extent = (kernel[axis] - 1) * dilations[axis] + 1
        reach = (count - 1) * strides[axis] + extent - length if is_static((length, count)) else None
        if reach is None and strides[axis] == 1 and mode.startswith("SAME"):
            reach = extent - 1
        begin, end = pads[axis], pads[axis + rank]
        if mode.startswith("SAME") or "output_shape" in node.ir.attributes:
            if reach is None:
                raise node.unsupported(f"auto_pad {mode} with strides needs static spatial dimensions")
            total = max(reach + (node.attribute("output_padding") or [0] * rank)[axis], 0)
            begin = total // 2 if mode == "SAME_UPPER" else (total + 1) // 2
            end = total - begin
        elif mode == "VALID":
            begin = end = 0
        tail = None if reach is None else reach - begin
        if tail is None and strides[axis] == 1 and not node.attribute("ceil_mode", 0):
            tail = end
        begins.append(begin)
        ends.append(end)
        tails.append(tail)
    return Windows(list(kernel), strides, dilations, begins, ends, tails)


def spread(conv: Convolution) -> Value:
    """Hand the values of the windows back to the elements of the image: a transposed convolution to its shape."""
    graph, win = conv.graph, conv.win
    if win.static:
        missing = [max(-tail, 0) for tail in win.tails if tail is not None]
        if all(lack < max(s, d) for lack, s, d in zip(missing, win.strides, win.dilations)):
            lacking = missing if any(missing) else None
            pads = [*win.begins, *win.end_pads]
            return graph.ConvTranspose(conv.dy, conv.w, pads=pads, output_padding=lacking, **conv.sliding)
    whole = graph.ConvTranspose(conv.dy, conv.w, pads=[*win.begins, *[0] * len(win.kernel)], **conv.sliding)
    return fit_ends(graph, whole, conv.x)


def fit_ends(graph: Graph, value: Value, like: Value) -> Value:
    """Cut *value* off, or fill it up with zeros, at the ends of its axes, to the shape of *like*."""
    if value.shape is not None and is_static((*known_dims(value)[2:], *known_dims(like)[2:])):
        missing = [b - a for a, b in zip(known_dims(value)[2:], known_dims(like)[2:])]
        if not any(missing):
            return value
        return graph.stamp(graph.Pad(value, [0] * (value.rank + 2) + missing), like)
    ends = graph.Sub(graph.Shape(like), graph.Shape(value))
    return graph.stamp(graph.Pad(value, graph.Concat([0] * like.rank, ends, axis=0)), like)
