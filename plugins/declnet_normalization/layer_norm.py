"""Layer normalization."""

from declnet import layer
from declnet_normalization.axes import axes_from, ones


@layer("layer_norm.schema.json")
def layer_norm(net, x, *, axis, epsilon, center, scale):
    """Normalize each sample by its own mean and variance: (N, ...) to the same shape.

    Ba, Kiros and Hinton 2016; ONNX LayerNormalization. Scale and bias have the sizes of the normalized axes.
    """
    axes, sizes = axes_from(net, x, axis)
    weights = [net.weight("scale", sizes, "ones") if scale else ones(net, sizes)]
    if center:
        weights.append(net.weight("bias", sizes, "zeros"))
    return net.LayerNormalization(x, *weights, axis=axes[0], epsilon=epsilon)
