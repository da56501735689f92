"""Unit normalization."""

from declnet import Net, Value, layer
from declnet_normalization.axes import axis_of

# Of a shorter vector than 1e-6 there is no direction to keep.
SHORTEST = 1e-12


@layer("unit_norm.schema.json")
def unit_norm(net: Net, x: Value, *, axis: int | list[int]) -> Value:
    """Bring vectors to Euclidean length 1: (N, ...) to the same shape. A vector of zeros stays as it is."""
    axes = [axis_of(net, x, each) for each in ([axis] if isinstance(axis, int) else axis)]
    if len(set(axes)) < len(axes):
        raise net.error(f"axis {axis} names an axis twice", property="axis")
    return x / net.Sqrt(net.Max(net.ReduceSumSquare(x, axes, keepdims=1), SHORTEST))
