"""Gradients of Fourier transforms, which are linear: the adjoint of one is the other, up to its length."""

from declnet.autodiff.formula import by_formula
from declnet.autodiff.registry import flat, gradient
from declnet.graph import dims

WINDOWS = flat(
    *("MelWeightMatrix", "HannWindow", "HammingWindow", "BlackmanWindow"),
    reason="its inputs are sizes, and edges of bins that are rounded",
)


@gradient("DFT")
def dft(node, dy):
    """Of y = F x: Fᴴ dy, of which a real x takes the real part. F⁻¹ = Fᴴ / n."""
    net, x, axis = node.net, node.input(0), _axis(node)
    if x.shape is None or not isinstance(dims(x)[-1], int):
        raise node.unsupported("whether its input is real or complex must be known")
    inverse, onesided = node.attribute("inverse"), node.attribute("onesided")
    have = net.Gather(net.Shape(x), axis)
    length = node.input(1)
    if length is None:
        length = net.Mul(net.Sub(have, 1), 2) if inverse and onesided else have
    size = net.Cast(length, to=x.dtype)
    if inverse and onesided:
        dx = transform(net, dy, length, axis, onesided=1)
        numbers = net.Range(0, net.Gather(net.Shape(dx), axis), 1)
        # The frequencies between the first and n / 2 stand for their mirror images too.
        once = net.Or(net.Equal(numbers, 0), net.Equal(numbers + numbers, length))
        weights = net.Reshape(net.Where(once, 1.0, 2.0), [-1, *[1] * (len(x.shape) - 1 - axis)])
        dx = dx * net.Cast(weights, to=x.dtype) / size
    else:
        dx = transform(net, dy, length, axis, inverse=1 - inverse)
        dx = dx / size if inverse else dx * size
    if dims(x)[-1] == 1:
        dx = net.Slice(dx, [0], [1], [-1])
    if node.input(1) is not None or (inverse and onesided):
        missing = net.Reshape(have - net.Gather(net.Shape(dx), axis), [1])
        dx = net.Pad(dx, net.Concat([0], missing, axis=0), None, [axis])
    return (net.stamp(dx, x), None, None)[: len(node.inputs)]


def _axis(node) -> int:
    """The axis that is transformed, counted from the first; an input since opset 20."""
    if node.net.opset < 20:
        axis = node.attribute("axis")
    elif node.input(2) is None:
        axis = -2
    elif node.constant(2) is None:
        raise node.unsupported("the axis must be known")
    else:
        axis = int(node.constant(2).item())
    return axis % len(node.input(0).shape) if node.input(0).shape is not None else axis


def transform(net, x, length, axis, **how):
    """The Fourier transform along *axis*, of *length* elements, of which missing ones are zeros."""
    if net.opset < 20:
        return net.DFT(x, length, axis=axis, **how)
    return net.DFT(x, length, net.constant(axis), **how)


@gradient("STFT")
def stft(node, dy):
    """The frames are gathered, weighted and transformed."""

    def formula(signal, step, window=None, length=None):
        net = node.net
        size = net.Size(window) if length is None else net.Cast(length, to=node.net.Size(signal).dtype)
        starts = net.Range(0, net.Gather(net.Shape(node.output), 1), 1) * net.Cast(step, to=size.dtype)
        places = net.Unsqueeze(starts, [1]) + net.Range(0, size, 1)
        frames = net.Gather(signal, places, axis=1)
        if window is not None:
            frames = frames * net.Unsqueeze(window, [1])
        return transform(net, frames, size, 2, onesided=node.attribute("onesided"))

    if node.input(0).shape is None or len(node.input(0).shape) != 3:
        raise node.unsupported("the signal must have the shape (batch, length, 1 or 2)")
    return by_formula(node, dy, formula)
