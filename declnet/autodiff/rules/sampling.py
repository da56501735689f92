"""Gradients of operators that read images between their pixels: GridSample, AffineGrid, DeformConv, RoiAlign.

All of them are sums over a few neighbours of each point, by weights that depend on where the point lies between them.
"""

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from declnet.autodiff.formula import by_formula
from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Graph, Value, is_static, known_dims


@gradient("AffineGrid")
def affine_grid(node: Node, dy: Value) -> Gradients:
    """The grid is linear in theta: its coefficients are the coordinates (x, y, 1) of the identity's own grid."""
    graph, (theta, size) = node.graph, node.inputs
    rank = None if theta.shape is None else known_dims(theta)[1]
    if rank not in (2, 3):
        raise node.unsupported("the shape of theta must be known")
    identity = graph.constant(np.eye(rank, rank + 1)[None], theta.dtype)
    one_image = graph.Concat([1], graph.Slice(size, [1], [rank + 2], [0]), axis=0)
    plain = graph.AffineGrid(identity, one_image, align_corners=node.attribute("align_corners"))
    points = graph.Pad(graph.Reshape(plain, [-1, rank]), [0, 0, 0, 1], graph.constant(1, theta.dtype))
    return graph.MatMul(graph.Transpose(graph.Reshape(dy, [0, -1, rank]), perm=[0, 2, 1]), points), None


# The pixels that a point is read from, along one axis, counted from the one below it (of "nearest": from the nearest).
TAPS = {"nearest": [0.0], "linear": [0.0, 1.0], "cubic": [-1.0, 0.0, 1.0, 2.0]}


@gradient("GridSample")
def grid_sample(node: Node, dy: Value) -> Gradients:
    """By the image and by the grid; of mode "nearest", by the image alone."""
    x, _ = node.inputs
    if x.shape is None:
        raise node.unsupported("the rank of its input must be known")
    rank = len(x.shape) - 2

    def formula(x: Value, grid: Value) -> Value:
        graph = node.graph
        align, points = node.attribute("align_corners"), []
        for axis in range(rank):
            # The last coordinate of the grid is that of the first spatial axis.
            place = graph.Reshape(graph.Gather(grid, rank - 1 - axis, axis=-1), [0, -1])
            length = _length(graph, x, axis + 2, grid.dtype)
            points.append((place + 1.0) * (0.5 * (length - 1.0)) if align else ((place + 1.0) * length - 1.0) * 0.5)
        mode = node.attribute("mode").removeprefix("bi")
        read = sample(graph, x, points, mode, node.attribute("padding_mode"), align)
        return graph.stamp(graph.Reshape(read, graph.Shape(node.output)), node.output)

    return by_formula(node, dy, formula)


def _length(graph: Graph, x: Value, axis: int, dtype: ir.DataType) -> float | Value:
    """The length of an axis of *x*: a number, or a value of type *dtype*."""
    length = known_dims(x)[axis]
    return float(length) if isinstance(length, int) else graph.Cast(graph.Shape(x, start=axis, end=axis + 1), to=dtype)


def sample(graph: Graph, x: Value, points: list[Value], mode: str, padding: str = "zeros", align: int = 0) -> Value:
    """Read the images *x* (N, C, spatial...) between their pixels.

    Args:
        points: for each spatial axis, the coordinates (N, P) in pixels.
        mode: "linear", "nearest" or "cubic" (Keys 1981, with a = -0.75).
        padding: what is outside: "zeros", the pixel at the "border", or a "reflection" of the image: about the
            centres of its outer pixels where *align* is 1, else about their outer edges.

    Returns:
        (N, C, P).
    """
    rank, dtype = len(points), points[0].dtype
    where: Value | None = None
    weights: Value | None = None
    for axis, point in enumerate(points):
        below = graph.Round(point) if mode == "nearest" else graph.Floor(point)
        # Pixels of this axis along an axis of their own: (N, 1, taps, 1, P), say.
        own = [1 + k for k in range(rank)]
        pixel = graph.Unsqueeze(below, own) + graph.constant(np.reshape(TAPS[mode], _beside(axis, rank)), dtype)
        length = _length(graph, x, axis + 2, dtype)
        inside, pixel = _pixels(graph, pixel, length, padding, align)
        shares = _weights(point - below, mode)
        if shares is not None:
            stacked = graph.Concat(*(graph.Unsqueeze(share, [1]) for share in shares), axis=1)
            weight = graph.Unsqueeze(stacked, [k for k in own if k != axis + 1])
            weights = weight if weights is None else weights * weight
        if inside is not None:
            mask = graph.Cast(inside, to=dtype)
            weights = mask if weights is None else weights * mask
        index = graph.Cast(pixel, to=np.dtype(np.int64))
        stride = graph.Cast(length, to=np.dtype(np.int64)) if not isinstance(length, float) else int(length)
        where = index if where is None else where * stride + index
    assert where is not None, "an image has an axis to be read along"
    flat = graph.Reshape(x, [0, 0, -1])
    places = graph.Reshape(where, [0, 1, -1])
    rows = graph.Expand(places, graph.Concat([1], graph.Shape(x, start=1, end=2), [1], axis=0))
    read = graph.GatherElements(flat, rows, axis=2)
    if weights is not None:
        read = read * graph.Reshape(graph.Expand(weights, graph.Shape(where)), [0, 1, -1])
    if mode == "nearest":
        return read
    parts = graph.Reshape(read, graph.Concat(graph.Shape(x, end=2), [len(TAPS[mode]) ** rank, -1], axis=0))
    return graph.ReduceSum(parts, [2], keepdims=0)


def _beside(axis: int, rank: int) -> list[int]:
    """The shape of the taps of *axis*, to be added to points of the shape (N, 1, ..., 1, P)."""
    return [1, *(-1 if k == axis else 1 for k in range(rank)), 1]


def _pixels(graph: Graph, pixel: Value, length: float | Value, padding: str, align: int) -> tuple[Value | None, Value]:
    """Which of the numbers *pixel* are inside the image (None: all), and the pixels to be read for them."""
    last = length - 1.0
    inside = graph.And(graph.GreaterOrEqual(pixel, 0.0), graph.LessOrEqual(pixel, last)) if padding == "zeros" else None
    if padding == "reflection":
        low, span = (0.0, last) if align else (-0.5, length)
        if isinstance(span, float):
            span = max(span, 1.0)
        away = graph.Abs(pixel - low)
        times = graph.Floor(away / span)
        rest = away - times * span
        odd = times - 2.0 * graph.Floor(times * 0.5)
        pixel = graph.Round(rest + odd * (span - 2.0 * rest) + low)
    return inside, graph.Max(graph.Min(pixel, last), 0.0)


def _weights(t: Value, mode: str) -> list[Value] | None:
    """The weights of the neighbours of a point that is *t* past the pixel below it; None where there is but one."""
    if mode == "nearest":
        return None
    if mode == "linear":
        return [1.0 - t, t]
    a, s = -0.75, 1.0 - t

    def near(d: Value) -> Value:
        return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0

    def far(d: Value) -> Value:
        return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a

    return [far(t + 1.0), near(t), near(s), far(s + 1.0)]


@gradient("DeformConv")
def deform_conv(node: Node, dy: Value) -> Gradients:
    """Each element of each window is read where its offset says; the rest is a product with the kernel."""
    x, w = node.inputs[:2]
    if x.shape is None or not _static(w, 0) or not _static(node.output, 2):
        raise node.unsupported("the sizes of the kernel and of the output must be known")
    group, offset_group = node.attribute("group"), node.attribute("offset_group")
    kernel, out = known_dims(w)[2:], known_dims(node.output)[2:]
    rank, channels = len(kernel), known_dims(w)[1] * group
    corners = _corners(node, kernel, out)
    taps, area = int(np.prod(kernel)), int(np.prod(out))

    def formula(x: Value, w: Value, offset: Value, bias: Value | None = None, mask: Value | None = None) -> Value:
        graph = node.graph
        shifts = graph.Reshape(offset, [-1, taps, rank, area])
        points = [
            graph.Reshape(
                graph.Gather(shifts, axis, axis=2) + graph.constant(corners[axis], x.dtype), [-1, taps * area]
            )
            for axis in range(rank)
        ]
        images = graph.Reshape(x, graph.Concat([-1, channels // offset_group], graph.Shape(x, start=2), axis=0))
        read = sample(graph, images, points, "linear")
        if mask is not None:
            read = read * graph.Reshape(mask, [-1, 1, taps * area])
        columns = graph.Reshape(read, [-1, group, known_dims(w)[1] * taps, area])
        y = graph.MatMul(graph.Reshape(w, [group, -1, known_dims(w)[1] * taps]), columns)
        y = graph.Reshape(y, [-1, known_dims(w)[0], *out])
        return y if bias is None else y + graph.Reshape(bias, [-1, *[1] * rank])

    return by_formula(node, dy, formula)


def _static(value: Value, start: int) -> bool:
    return value.shape is not None and is_static(known_dims(value)[start:])


def _corners(node: Node, kernel: Sequence[int], out: Sequence[int]) -> list[np.ndarray]:
    """Where each element of each window lies without an offset, (elements, windows), for each axis."""
    rank = len(kernel)
    strides, dilations = (node.attribute(name) or [1] * rank for name in ("strides", "dilations"))
    pads = node.attribute("pads") or [0] * 2 * rank
    within = np.indices(kernel).reshape(rank, -1, 1)
    windows = np.indices(out).reshape(rank, 1, -1)
    return [windows[k] * strides[k] - pads[k] + within[k] * dilations[k] for k in range(rank)]


@gradient("RoiAlign")
def roi_align(node: Node, dy: Value) -> Gradients:
    """Of mode "avg": the mean of points that lie regularly in each part of a region."""
    graph, ratio = node.graph, node.attribute("sampling_ratio")
    if node.attribute("mode") != "avg" or ratio == 0:
        raise node.unsupported('mode "max", and sampling_ratio 0, which lets the number of points follow the region')
    scale = node.attribute("spatial_scale")
    half_pixel = node.attribute("coordinate_transformation_mode") == "half_pixel"
    sizes = [node.attribute("output_height"), node.attribute("output_width")]

    def formula(x: Value, regions: Value, images: Value) -> Value:
        shift = 0.5 if half_pixel else 0.0
        ends = graph.Split(regions * scale - shift, axis=1, num_outputs=4, outputs=4)
        points = []
        for k, size in enumerate(sizes):
            begin, extent = ends[1 - k], ends[3 - k] - ends[1 - k]
            if not half_pixel:
                extent = graph.Max(extent, 1.0)
            places = (np.arange(size * ratio) + 0.5) / (size * ratio)
            points.append(begin + extent * graph.constant(places, x.dtype))
        points = [graph.Unsqueeze(points[0], [2]), graph.Unsqueeze(points[1], [1])]
        shape = graph.Concat(graph.Shape(regions, end=1), [ratio * size for size in sizes], axis=0)
        points = [graph.Reshape(graph.Expand(point, shape), [0, ratio**2 * sizes[0] * sizes[1]]) for point in points]
        read = sample(graph, graph.Gather(x, images, axis=0), points, "linear", "border")
        for axis, point in enumerate(points):
            last = _length(graph, x, axis + 2, x.dtype)
            near = graph.And(graph.GreaterOrEqual(point, -1.0), graph.LessOrEqual(point, last))
            read = read * graph.Unsqueeze(graph.Cast(near, to=x.dtype), [1])
        parts = graph.Reshape(read, [0, 0, sizes[0], ratio, sizes[1], ratio])
        return graph.ReduceMean(parts, [3, 5], keepdims=0)

    return by_formula(node, dy, formula)
