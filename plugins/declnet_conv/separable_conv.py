"""Separable convolution."""

from declnet import Choice, Net, Value, layer
from declnet_conv.windows import Padding, Sizes


@layer("separable_conv.schema.json")
def separable_conv(
    net: Net, x: Value, *, filters: int, multiplier: int, kernel: Sizes, stride: Sizes, dilation: Sizes,
    padding: Padding, bias: bool, activation: Choice,
) -> Value:  # fmt: skip
    """Filter each channel by itself, then mix the channels: (N, channels, ...) to (N, filters, ...).

    Chollet 2017: a depthwise convolution without bias, then one whose kernel has size 1.
    """
    x = net.layer(
        "depthwise_conv",
        x,
        name="depthwise",
        multiplier=multiplier,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=padding,
        bias=False,
        **net.chosen(kernel="depthwise"),
    )
    return net.layer(
        "conv",
        x,
        name="pointwise",
        filters=filters,
        kernel=1,
        bias=bias,
        activation=activation,
        **net.chosen("bias", kernel="pointwise"),
    )
