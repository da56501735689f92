"""Instance normalization."""

from declnet import layer
from declnet_normalization.axes import channels_of, ones, zeros


@layer("instance_norm.schema.json")
def instance_norm(net, x, *, epsilon, center, scale):
    """Normalize each channel of each sample by its own mean and variance: (N, channels, ...) to the same shape.

    Ulyanov, Vedaldi and Lempitsky 2016; ONNX InstanceNormalization.
    """
    shape = [channels_of(net, x, spatial=True)]
    gain = net.weight("scale", shape, "ones") if scale else ones(net, shape)
    offset = net.weight("bias", shape, "zeros") if center else zeros(net, shape)
    return net.InstanceNormalization(x, gain, offset, epsilon=epsilon)
