"""What the pools share: the window, its stride that follows from its size, and the limit of its padding."""

from declnet_conv.windows import spatial_sizes, window


def pool(net, x, *, size, stride, padding):
    """The ONNX attributes of a pool; a window that holds nothing but padding is refused."""
    attributes = window(net, x, size=size, stride=size if stride is None else stride, padding=padding, name="size")
    kernel, pads = attributes["kernel_shape"], attributes["pads"]
    if any(pad >= side for pad, side in zip(pads, kernel * 2)):
        raise net.error(
            f"the padding {pads} must be smaller than the window {kernel} on every side",
            property="padding",
        )
    return attributes


def spatial_axes(net, x):
    """The indices of the spatial axes of *x*."""
    return list(range(2, 2 + len(spatial_sizes(net, x))))
