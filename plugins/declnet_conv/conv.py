"""Convolution."""

from math import gcd, prod

from declnet import layer
from declnet_conv.windows import channels_of, window


@layer("conv.schema.json")
def conv(net, x, *, filters, kernel, stride, dilation, groups, padding, bias, activation):
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
    attributes = window(net, x, size=kernel, stride=stride, dilation=dilation, padding=padding, name="kernel")
    shape = [filters, channels // groups, *attributes["kernel_shape"]]
    # A filter sees, and a channel reaches, only what is in its group.
    area = prod(attributes["kernel_shape"])
    fans = (channels // groups * area, filters // groups * area)
    weights = [net.weight("kernel", shape, fans=fans, incoming=range(1, len(shape)))]
    if bias:
        weights.append(net.weight("bias", [filters]))
    return net.activation(net.Conv(x, *weights, group=groups, **attributes), activation)
