"""Group normalization."""

from math import gcd

from declnet import layer
from declnet_normalization.axes import channels_of, ones, per_channel, zeros


@layer("group_norm.schema.json")
def group_norm(
    net, x, *, groups, epsilon, center, scale,
    scale_initializer, bias_initializer, scale_regularizer, bias_regularizer, scale_constraint, bias_constraint,
):  # fmt: skip
    """Normalize groups of channels of each sample by their mean and variance: (N, channels, ...) to the same shape.

    Wu and He 2018; ONNX InstanceNormalization, for which each group is one long channel.
    """
    channels = channels_of(net, x, spatial=False)
    if channels % groups:
        raise net.error(
            f"groups ({groups}) must divide the channels of the input ({channels})",
            property="groups",
            allowed=f"a divisor of {channels}, such as {gcd(channels, groups)}",
        )
    long = net.Reshape(x, [0, groups, -1])
    normal = net.InstanceNormalization(long, ones(net, [groups]), zeros(net, [groups]), epsilon=epsilon)
    y = net.Reshape(normal, net.Shape(x))
    if scale:
        bounds = {"regularizer": scale_regularizer, "constraint": scale_constraint}
        y = y * per_channel(net, net.weight("scale", [channels], scale_initializer, **bounds), x)
    if center:
        bounds = {"regularizer": bias_regularizer, "constraint": bias_constraint}
        y = y + per_channel(net, net.weight("bias", [channels], bias_initializer, **bounds), x)
    return y
