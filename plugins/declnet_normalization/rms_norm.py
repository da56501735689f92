"""Root mean square normalization."""

from declnet import Net, Value, layer
from declnet_normalization.axes import axes_from


@layer("rms_norm.schema.json")
def rms_norm(net: Net, x: Value, *, axis: int, epsilon: float, scale: bool) -> Value:
    """Divide each sample by the root of its mean square: (N, ...) to the same shape.

    Zhang and Sennrich 2019; x / sqrt(mean(x**2) + epsilon) * scale, with a scale of the sizes of the normalized axes.
    """
    axes, sizes = axes_from(net, x, axis)
    y = x / net.Sqrt(net.ReduceMean(x * x, axes, keepdims=1) + epsilon)
    return y * net.weight("scale", sizes, incoming=range(len(sizes))) if scale else y
