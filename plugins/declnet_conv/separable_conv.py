"""Separable convolution."""

from declnet import layer


@layer("separable_conv.schema.json")
def separable_conv(
    net, x, *, filters, multiplier, kernel, stride, dilation, padding, bias, activation,
    depthwise_initializer, pointwise_initializer, bias_initializer,
    depthwise_regularizer, pointwise_regularizer, bias_regularizer,
    depthwise_constraint, pointwise_constraint, bias_constraint,
):  # fmt: skip
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
        kernel_initializer=depthwise_initializer,
        kernel_regularizer=depthwise_regularizer,
        kernel_constraint=depthwise_constraint,
    )
    return net.layer(
        "conv",
        x,
        name="pointwise",
        filters=filters,
        kernel=1,
        bias=bias,
        activation=activation,
        kernel_initializer=pointwise_initializer,
        bias_initializer=bias_initializer,
        kernel_regularizer=pointwise_regularizer,
        bias_regularizer=bias_regularizer,
        kernel_constraint=pointwise_constraint,
        bias_constraint=bias_constraint,
    )
