"""The gradient of Resize, which is linear in its input, and along each axis by itself."""

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Value, known_dims

_KEPT = ("antialias", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside", "mode", "nearest_mode")


@gradient("Resize")
def resize(node: Node, dy: Value) -> Gradients:
    """Whole enlargements by repetition are averaged back; else one product per axis with the transposed weights."""
    x = node.input(0)
    if x.shape is None or node.output.shape is None:
        raise node.unsupported("the ranks of its input and output must be known")
    rest = (None,) * (len(node.inputs) - 1)
    factors = _repetitions(node)
    if factors is not None:
        pooled = node.graph.AveragePool(dy, kernel_shape=factors, strides=factors)
        return pooled * float(np.prod(factors)), *rest
    for place, axis in enumerate(node.attribute("axes") or range(len(x.shape))):
        if known_dims(x)[axis] != known_dims(node.output)[axis] or known_dims(x)[axis] is None:
            dy = _along(node, dy, axis, place)
    return dy, *rest


def _repetitions(node: Node) -> list[int] | None:
    """The factors of the spatial axes, where nearest neighbours repeat each element that often; else None."""
    scales, how = node.constant(2), node.attribute
    plain = how("mode") == "nearest" and how("coordinate_transformation_mode") == "asymmetric"
    if not plain or how("nearest_mode") != "floor" or scales is None or how("axes") is not None:
        return None
    whole = len(scales) > 2 and all(scale == int(scale) > 0 for scale in scales) and (scales[:2] == 1).all()
    return [int(scale) for scale in scales[2:]] if whole else None


def _along(node: Node, dy: Value, axis: int, place: int) -> Value:
    """*dy* times the transposed weights of *axis*."""
    graph, rank = node.graph, len(node.input(0).shape)
    together = node.input(3) is not None and node.attribute("keep_aspect_ratio_policy") != "stretch"
    matrix = graph.Transpose(_weights_of_image(node, axis) if together else _weights(node, axis, place))
    if axis == rank - 1:
        return graph.MatMul(dy, matrix)
    perm = list(range(rank))
    perm[axis], perm[-1] = perm[-1], perm[axis]
    return graph.Transpose(graph.MatMul(graph.Transpose(dy, perm=perm), matrix), perm=perm)


def _weights(node: Node, axis: int, place: int) -> Value:
    """The node's own resizing of the identity matrix, along one axis."""
    graph, x = node.graph, node.input(0)
    length = graph.Gather(graph.Shape(x), [axis])
    eye = graph.EyeLike(graph.ConstantOfShape(graph.Concat(length, length, axis=0), value=np.zeros(1, x.dtype.numpy())))
    image = graph.Unsqueeze(eye, [0, 1])
    how = {name: node.attribute(name) for name in _KEPT}
    roi = node.input(1)
    if how["coordinate_transformation_mode"] == "tf_crop_and_resize":
        count = len(node.attribute("axes") or known_dims(x))
        ends = [graph.Gather(roi, [place + k * count]) for k in (0, 1)]
        zeros, ones = (graph.Cast([v] * 3, to=roi.dtype) for v in (0.0, 1.0))
        roi = graph.Concat(zeros, ends[0], ones, ends[1], axis=0)
    else:
        roi = None
    if node.input(2) is not None:
        scale = graph.Gather(node.input(2), [place])
        weights = graph.Resize(image, roi, graph.Concat(np.ones(3, np.float32), scale, axis=0), **how)
    else:
        size = graph.Gather(node.input(3), [place])
        weights = graph.Resize(image, roi, None, graph.Concat([1, 1], length, size, axis=0), **how)
    return graph.Squeeze(weights, [0, 1])


def _weights_of_image(node: Node, axis: int) -> Value:
    """The same where the axes decide on one scale together: of images that vary along one axis only."""
    graph, x = node.graph, node.input(0)
    rank = len(x.shape)
    axes = node.attribute("axes")
    if axes is None or 0 in axes or -rank in axes:
        raise node.unsupported("keep_aspect_ratio_policy over all axes")
    length = graph.Gather(graph.Shape(x), [axis])
    eye = graph.EyeLike(graph.ConstantOfShape(graph.Concat(length, length, axis=0), value=np.zeros(1, x.dtype.numpy())))
    rows = graph.Unsqueeze(eye, [k for k in range(1, rank) if k != axis % rank])
    images = graph.Expand(rows, graph.Concat([1], graph.Shape(x, start=1), axis=0))
    how = {name: node.attribute(name) for name in (*_KEPT, "axes", "keep_aspect_ratio_policy")}
    resized = graph.Resize(images, None, None, node.input(3), **how)
    others = [k for k in range(1, rank) if k != axis % rank]
    first = graph.Slice(resized, [0] * len(others), [1] * len(others), others) if others else resized
    return graph.Squeeze(first, others) if others else first
