"""Convolution."""

from math import gcd, prod

from declnet import Choice, Net, Value, layer
from declnet_conv.windows import Padding, Sizes, attributes, channels_of, window


@layer("conv.schema.json")
def conv(
    net: Net, x: Value, *, filters: int, kernel: Sizes, stride: Sizes, dilation: Sizes, groups: int, padding: Padding,
    bias: bool, activation: Choice,
) -> Value:  # fmt: skip
    """Slide filters over one, two or three spatial axes: (N, channels, ...) to (N, filters, ...).

    Cross-correlation, with kernel [filters, channels / groups, ...]; ONNX Conv.
    """
    channels = channels_of(net, x)
    if channels % groups or filters % groups:
        raise net.error(
            f"groups ({groups}) must divide both the channels of the input ({channels}) and the filters ({filters})",
            property="groups",
            allowed=f"a divisor of {gcd(channels, filters)}",
        )
    axes = window(net, x, kernel=kernel, stride=stride, dilation=dilation, padding=padding)
    size = [axis.kernel for axis in axes]
    shape = [filters, channels // groups, *size]
    # A filter sees, and a channel reaches, only what is in its group.
    fans = (channels // groups * prod(size), filters // groups * prod(size))
    weights = [net.weight("kernel", shape, fans=fans, incoming=range(1, len(shape)))]
    if bias:
        weights.append(net.weight("bias", [filters]))
    return net.activation(net.Conv(x, *weights, group=groups, **attributes(axes)), activation)
