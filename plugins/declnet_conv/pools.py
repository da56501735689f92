"""What the pools share: windows with their strides and the limit of their padding, and windows that adapt."""

from declnet_conv.windows import per_axis, spatial_sizes, window


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


def adaptive_pool(net, x, size, pool, reduce):
    """Pool so that the spatial axes get *size*: by *pool* where windows are alike, else by *reduce* axis by axis.

    Mean and maximum over a box are those over its axes, one after the other.
    """
    lengths = spatial_sizes(net, x)
    size = per_axis(net, size, len(lengths), "size")
    if None in lengths:
        if set(size) == {1}:
            return reduce(x, spatial_axes(net, x), keepdims=1)
        raise net.error(
            "adaptive pooling to more than one entry needs spatial sizes that are known",
            code="DN1401",
            property="size",
            allowed="1",
        )
    if any(m > n for m, n in zip(size, lengths)):
        raise net.error(
            f"{lengths} entries cannot be pooled to {size}",
            code="DN1401",
            property="size",
            allowed="sizes up to those of the input",
        )
    if all(n % m == 0 for n, m in zip(lengths, size)):
        window = [n // m for n, m in zip(lengths, size)]
        return pool(x, kernel_shape=window, strides=window)
    for axis, (n, m) in enumerate(zip(lengths, size), start=2):
        # From floor(i n / m) to ceil((i + 1) n / m): neighbouring windows may share an entry.
        parts = [net.Slice(x, [i * n // m], [-(-(i + 1) * n // m)], [axis]) for i in range(m)]
        reduced = [reduce(part, [axis], keepdims=1) for part in parts]
        x = net.Concat(*reduced, axis=axis) if m > 1 else reduced[0]
    return x
