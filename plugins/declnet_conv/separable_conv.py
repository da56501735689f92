"""Separable convolution."""

from declnet import layer


@layer("separable_conv.schema.json")
def separable_conv(net, x, *, filters, multiplier, kernel, stride, dilation, padding, bias, activation):
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
