"""Transposed convolution."""

from math import gcd, prod

from declnet import layer
from declnet_conv.windows import channels_of, per_axis, sides, spatial_sizes


@layer("conv_transpose.schema.json")
def conv_transpose(net, x, *, filters, kernel, stride, dilation, groups, padding, output_padding, bias, activation):
    """Spread each value over a window, as the gradient of a convolution does: (N, channels, ...) to (N, filters, ...).

    A spatial axis grows to (size - 1) * stride + reach + output_padding - padding, where a kernel reaches over
    (kernel - 1) * dilation + 1; with padding "same" to size * stride. Kernel [channels, filters / groups, ...];
    ONNX ConvTranspose.
    """
    channels = channels_of(net, x)
    if channels % groups or filters % groups:
        raise net.error(
            f"groups ({groups}) must divide both the channels of the input ({channels}) and the filters ({filters})",
            property="groups",
            allowed=f"a divisor of {gcd(channels, filters)}",
        )
    attributes = _attributes(net, x, kernel, stride, dilation, padding, output_padding)
    size = attributes["kernel_shape"]
    fans = (channels // groups * prod(size), filters // groups * prod(size))
    shape = [channels, filters // groups, *size]
    # With groups, filters of all groups share the axis of filters, so that no axes hold those of one filter alone.
    incoming = [0, *range(2, len(shape))] if groups == 1 else []
    weights = [net.weight("kernel", shape, fans=fans, incoming=incoming)]
    if bias:
        weights.append(net.weight("bias", [filters]))
    return net.activation(net.ConvTranspose(x, *weights, group=groups, **attributes), activation)


def _attributes(net, x, kernel, stride, dilation, padding, output_padding):
    """The ONNX attributes of the window; what makes no output is refused."""
    lengths = spatial_sizes(net, x)
    axes = len(lengths)
    size, stride, dilation = (
        per_axis(net, value, axes, name)
        for value, name in ((kernel, "kernel"), (stride, "stride"), (dilation, "dilation"))
    )
    extra = per_axis(net, output_padding, axes, "output_padding")
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    if any(e and e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise net.error(
            f"output_padding {extra} must be smaller than the stride or the dilation of its axis",
            property="output_padding",
            found=f"stride {stride}, dilation {dilation}",
        )
    if padding == "same":
        if any(extra):
            raise net.error('padding "same" leaves no room for output_padding', property="output_padding", allowed="0")
        cut = [max(0, r - s) for r, s in zip(reach, stride)]
        extra = [max(0, s - r) for r, s in zip(reach, stride)]
        before, after = [total // 2 for total in cut], [total - total // 2 for total in cut]
    else:
        before, after = sides(net, 0 if padding == "valid" else padding, axes, "padding")
    grown = [
        n if n is None else (n - 1) * s + r + e - b - a
        for n, s, r, e, b, a in zip(lengths, stride, reach, extra, before, after)
    ]
    if any(n is not None and n < 1 for n in grown):
        raise net.error(
            f"the padding leaves nothing of the output: its sizes would be {grown}", code="DN1401", property="padding"
        )
    pads = [*before, *after]
    attributes = {"kernel_shape": size, "strides": stride, "dilations": dilation, "pads": pads}
    return {**attributes, "output_padding": extra} if any(extra) else attributes
