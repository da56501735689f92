"""Gradients of Fourier transforms, which are linear: the adjoint of one is the other, up to its length."""

from declnet.autodiff.formula import by_formula
from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, flat, gradient
from declnet.graph import Graph, Value, known_dims

WINDOWS = flat(
    *("MelWeightMatrix", "HannWindow", "HammingWindow", "BlackmanWindow"),
    reason="its inputs are sizes, and edges of bins that are rounded",
)


@gradient("DFT")
def dft(node: Node, dy: Value) -> Gradients:
    """Of y = F x: Fᴴ dy, of which a real x takes the real part. F⁻¹ = Fᴴ / n."""
    graph, x, axis = node.graph, node.input(0), _axis(node)
    if x.shape is None or not isinstance(known_dims(x)[-1], int):
        raise node.unsupported("whether its input is real or complex must be known")
    inverse, onesided = node.attribute("inverse"), node.attribute("onesided")
    have = graph.Gather(graph.Shape(x), axis)
    length = node.input(1)
    if length is None:
        length = graph.Mul(graph.Sub(have, 1), 2) if inverse and onesided else have
    size = graph.Cast(length, to=x.dtype)
    if inverse and onesided:
        dx = transform(graph, dy, length, axis, onesided=1)
        numbers = graph.Range(0, graph.Gather(graph.Shape(dx), axis), 1)
        # The frequencies between the first and n / 2 stand for their mirror images too.
        once = graph.Or(graph.Equal(numbers, 0), graph.Equal(numbers + numbers, length))
        weights = graph.Reshape(graph.Where(once, 1.0, 2.0), [-1, *[1] * (len(x.shape) - 1 - axis)])
        dx = dx * graph.Cast(weights, to=x.dtype) / size
    else:
        dx = transform(graph, dy, length, axis, inverse=1 - inverse)
        dx = dx / size if inverse else dx * size
    if known_dims(x)[-1] == 1:
        dx = graph.Slice(dx, [0], [1], [-1])
    if node.input(1) is not None or (inverse and onesided):
        missing = graph.Reshape(have - graph.Gather(graph.Shape(dx), axis), [1])
        dx = graph.Pad(dx, graph.Concat([0], missing, axis=0), None, [axis])
    return (graph.stamp(dx, x), None, None)[: len(node.inputs)]


def _axis(node: Node) -> int:
    """The axis that is transformed, counted from the first; an input since opset 20."""
    if node.graph.opset < 20:
        axis = node.attribute("axis")
    elif node.input(2) is None:
        axis = -2
    elif (known := node.constant(2)) is None:
        raise node.unsupported("the axis must be known")
    else:
        axis = int(known.item())
    return axis % len(node.input(0).shape) if node.input(0).shape is not None else axis


def transform(
    graph: Graph, x: Value, length: Value, axis: int, *, inverse: int | None = None, onesided: int | None = None
) -> Value:
    """The Fourier transform along *axis*, of *length* elements, of which missing ones are zeros."""
    if graph.opset < 20:
        return graph.op("DFT", x, length, axis=axis, inverse=inverse, onesided=onesided)
    return graph.DFT(x, length, graph.constant(axis), inverse=inverse, onesided=onesided)


@gradient("STFT")
def stft(node: Node, dy: Value) -> Gradients:
    """The frames are gathered, weighted and transformed."""

    def formula(signal: Value, step: Value, window: Value | None = None, length: Value | None = None) -> Value:
        graph = node.graph
        size = graph.Size(node.input(2)) if length is None else graph.Cast(length, to=node.graph.Size(signal).dtype)
        starts = graph.Range(0, graph.Gather(graph.Shape(node.output), 1), 1) * graph.Cast(step, to=size.dtype)
        places = graph.Unsqueeze(starts, [1]) + graph.Range(0, size, 1)
        frames = graph.Gather(signal, places, axis=1)
        if window is not None:
            frames = frames * graph.Unsqueeze(window, [1])
        return transform(graph, frames, size, 2, onesided=node.attribute("onesided"))

    if node.input(0).shape is None or len(node.input(0).shape) != 3:
        raise node.unsupported("the signal must have the shape (batch, length, 1 or 2)")
    return by_formula(node, dy, formula)
