"""Group normalization."""

from math import gcd

from declnet import Net, Value, layer
from declnet_normalization.axes import channels_of, ones, per_channel, zeros


@layer("group_norm.schema.json")
def group_norm(net: Net, x: Value, *, groups: int, epsilon: float, center: bool, scale: bool) -> Value:
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
        y = y * per_channel(net, net.weight("scale", [channels]), x)
    if center:
        y = y + per_channel(net, net.weight("bias", [channels]), x)
    return y
