"""What convolutions and pools share: a window that slides over the spatial axes, and the checks on it.

Sizes, strides and dilations are one integer for all spatial axes or a list with one for each. Padding is "valid"
(none), "same", one integer for all sides, or a list: one number per axis for both its sides, or all numbers
before the axes and then all numbers after them, as ONNX orders them.
"""


def spatial_sizes(net, x):
    """The sizes of the axes after batch and channels; None where a size is not known before the model runs."""
    sizes = list(x.shape)[2:]
    if not 1 <= len(sizes) <= 3:
        raise net.error(
            "the layer slides over one to three spatial axes",
            code="DN1401",
            allowed="(N, channels, length), (N, channels, height, width) or (N, channels, depth, height, width)",
            hint="use reshape to give a sample an axis of channels and its spatial axes",
        )
    return [size if isinstance(size, int) else None for size in sizes]


def channels_of(net, x):
    """The number of channels of *x*: the size of axis 1."""
    spatial_sizes(net, x)
    if not isinstance(x.shape[1], int):
        raise net.error("a convolution needs a known number of channels")
    return x.shape[1]


def image_sizes(net, x):
    """The channels, height and width of images; the last two None where they are not known before the model runs."""
    if len(x.shape) != 4:
        raise net.error("the layer takes images", code="DN1401", allowed="(N, channels, height, width)")
    return [channels_of(net, x), *spatial_sizes(net, x)]


def window(net, x, *, size, stride, padding, name, dilation=1):
    """The ONNX attributes of a window: kernel_shape, strides, pads, and dilations where they are not 1.

    *name* is the property that holds *size*; errors point at it.
    """
    lengths = spatial_sizes(net, x)
    size = per_axis(net, size, len(lengths), name)
    stride = per_axis(net, stride, len(lengths), "stride")
    dilation = per_axis(net, dilation, len(lengths), "dilation")
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    before, after = _pads(net, padding, lengths, reach, stride)
    padded = [n if n is None else n + b + a for n, b, a in zip(lengths, before, after)]
    if any(n is not None and r > n for n, r in zip(padded, reach)):
        raise net.error(
            f"the window spans {reach}, more than the input padded to {padded}",
            code="DN1401",
            property=name,
            hint='make the window smaller, or use padding "same"',
        )
    attributes = {"kernel_shape": size, "strides": stride, "pads": [*before, *after]}
    return attributes if set(dilation) == {1} else {**attributes, "dilations": dilation}


def per_axis(net, value, axes, name):
    """*value* as a list with one entry for each of the spatial *axes*."""
    if isinstance(value, int):
        return [value] * axes
    if len(value) != axes:
        raise net.error(
            f"{name} {value} does not fit the number of spatial axes",
            property=name,
            allowed=f"one integer, or a list of {axes}",
        )
    return value


def _pads(net, padding, lengths, reach, stride):
    """The numbers of zeros before and after each spatial axis."""
    axes = len(lengths)
    if padding == "valid":
        return [0] * axes, [0] * axes
    if padding == "same":
        totals = [_same(net, n, r, s) for n, r, s in zip(lengths, reach, stride)]
        return [total // 2 for total in totals], [total - total // 2 for total in totals]
    return sides(net, padding, axes, "padding")


def sides(net, value, axes, name):
    """*value* as two lists with one number for each of the spatial *axes*: before it, and after it."""
    if isinstance(value, int):
        return [value] * axes, [value] * axes
    if len(value) not in (axes, 2 * axes):
        raise net.error(
            f"{name} {value} does not fit the number of spatial axes",
            property=name,
            allowed=f"one integer, or a list of {axes} or {2 * axes}",
        )
    return value[:axes], value[-axes:]


def _same(net, length, reach, stride):
    """The padding that makes the output ceil(length / stride) long: Keras's "same", ONNX's SAME_UPPER."""
    if stride == 1:
        return reach - 1
    if length is None:
        raise net.error(
            'padding "same" with a stride above 1 needs spatial sizes that are known',
            property="padding",
            hint="give the padding in numbers",
        )
    return max(0, (-(-length // stride) - 1) * stride + reach - length)
