"""Depthwise convolution."""

from declnet import Choice, Net, Value, layer
from declnet_conv.conv import conv
from declnet_conv.windows import Padding, Sizes, channels_of


@layer("depthwise_conv.schema.json")
def depthwise_conv(
    net: Net, x: Value, *, multiplier: int, kernel: Sizes, stride: Sizes, dilation: Sizes, padding: Padding,
    bias: bool, activation: Choice,
) -> Value:  # fmt: skip
    """Slide filters over each channel by itself: (N, channels, ...) to (N, channels * multiplier, ...).

    A convolution with one group per channel; kernel [channels * multiplier, 1, ...].
    """
    channels = channels_of(net, x)
    return conv(
        net,
        x,
        filters=channels * multiplier,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        groups=channels,
        padding=padding,
        bias=bias,
        activation=activation,
    )
