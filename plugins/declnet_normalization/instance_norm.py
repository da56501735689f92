"""Instance normalization."""

from declnet import Net, Value, layer
from declnet_normalization.axes import channels_of, ones, zeros


@layer("instance_norm.schema.json")
def instance_norm(net: Net, x: Value, *, epsilon: float, center: bool, scale: bool) -> Value:
    """Normalize each channel of each sample by its own mean and variance: (N, channels, ...) to the same shape.

    Ulyanov, Vedaldi and Lempitsky 2016; ONNX InstanceNormalization.
    """
    shape = [channels_of(net, x, spatial=True)]
    gain = net.weight("scale", shape) if scale else ones(net, shape)
    offset = net.weight("bias", shape) if center else zeros(net, shape)
    return net.InstanceNormalization(x, gain, offset, epsilon=epsilon)
