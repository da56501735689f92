"""Layer normalization."""

from declnet import layer
from declnet_normalization.axes import axes_from, ones


@layer("layer_norm.schema.json")
def layer_norm(
    net, x, *, axis, epsilon, center, scale,
    scale_initializer, bias_initializer, scale_regularizer, bias_regularizer, scale_constraint, bias_constraint,
):  # fmt: skip
    """Normalize each sample by its own mean and variance: (N, ...) to the same shape.

    Ba, Kiros and Hinton 2016; ONNX LayerNormalization. Scale and bias have the sizes of the normalized axes.
    """
    axes, sizes = axes_from(net, x, axis)
    whole = range(len(sizes))
    gains = {"regularizer": scale_regularizer, "constraint": scale_constraint, "incoming": whole}
    offsets = {"regularizer": bias_regularizer, "constraint": bias_constraint, "incoming": whole}
    weights = [net.weight("scale", sizes, scale_initializer, **gains) if scale else ones(net, sizes)]
    if center:
        weights.append(net.weight("bias", sizes, bias_initializer, **offsets))
    return net.LayerNormalization(x, *weights, axis=axes[0], epsilon=epsilon)
