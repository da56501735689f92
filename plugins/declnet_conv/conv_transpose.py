"""Transposed convolution."""

from collections.abc import Sequence
from math import gcd, prod

from declnet import Choice, Net, Value, layer
from declnet_conv.windows import Axis, Padding, Sizes, attributes, axes_of, channels_of, per_axis, with_padding


@layer("conv_transpose.schema.json")
def conv_transpose(
    net: Net, x: Value, *, filters: int, kernel: Sizes, stride: Sizes, dilation: Sizes, groups: int, padding: Padding,
    output_padding: Sizes, bias: bool, activation: Choice,
) -> Value:  # fmt: skip
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
    axes = axes_of(net, x, kernel=kernel, stride=stride, dilation=dilation)
    axes, extra = _grown(net, axes, padding, output_padding)
    size = [axis.kernel for axis in axes]
    fans = (channels // groups * prod(size), filters // groups * prod(size))
    shape = [channels, filters // groups, *size]
    # With groups, filters of all groups share the axis of filters, so that no axes hold those of one filter alone.
    incoming = [0, *range(2, len(shape))] if groups == 1 else []
    weights = [net.weight("kernel", shape, fans=fans, incoming=incoming)]
    if bias:
        weights.append(net.weight("bias", [filters]))
    how = {**attributes(axes), "dilations": [axis.dilation for axis in axes]}
    how |= {"output_padding": extra} if any(extra) else {}
    return net.activation(net.ConvTranspose(x, *weights, group=groups, **how), activation)


def _grown(net: Net, axes: Sequence[Axis], padding: Padding, output_padding: Sizes) -> tuple[list[Axis], Sequence[int]]:
    """The window with its padding, and what is added after each axis; what makes no output is refused."""
    extra = per_axis(net, output_padding, len(axes), "output_padding")
    if any(e and e >= max(axis.stride, axis.dilation) for e, axis in zip(extra, axes)):
        raise net.error(
            f"output_padding {extra} must be smaller than the stride or the dilation of its axis",
            property="output_padding",
            found=f"stride {[axis.stride for axis in axes]}, dilation {[axis.dilation for axis in axes]}",
        )
    if padding == "same":
        if any(extra):
            raise net.error('padding "same" leaves no room for output_padding', property="output_padding", allowed="0")
        extra = [max(0, axis.stride - axis.reach) for axis in axes]
        axes = [axis.padded(max(0, axis.reach - axis.stride)) for axis in axes]
    else:
        axes = with_padding(net, axes, padding)
    sizes = [
        None if axis.length is None else (axis.length - 1) * axis.stride + axis.reach + e - axis.before - axis.after
        for axis, e in zip(axes, extra)
    ]
    if any(size is not None and size < 1 for size in sizes):
        raise net.error(
            f"the padding leaves nothing of the output: its sizes would be {sizes}", code="DN1401", property="padding"
        )
    return axes, extra
