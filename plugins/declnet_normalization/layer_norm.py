"""Layer normalization."""

from declnet import Net, Value, layer
from declnet_normalization.axes import axes_from, ones


@layer("layer_norm.schema.json")
def layer_norm(net: Net, x: Value, *, axis: int, epsilon: float, center: bool, scale: bool) -> Value:
    """Normalize each sample by its own mean and variance: (N, ...) to the same shape.

    Ba, Kiros and Hinton 2016; ONNX LayerNormalization. Scale and bias have the sizes of the normalized axes.
    """
    axes, sizes = axes_from(net, x, axis)
    whole = range(len(sizes))
    weights = [net.weight("scale", sizes, incoming=whole) if scale else ones(net, sizes)]
    if center:
        weights.append(net.weight("bias", sizes, incoming=whole))
    return net.LayerNormalization(x, *weights, axis=axes[0], epsilon=epsilon)
