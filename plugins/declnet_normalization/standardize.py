"""Standardize."""

from declnet import Net, Value, layer
from declnet_normalization.fitted import as_float, divisor, reduced_axes


@layer("standardize.schema.json")
def standardize(net: Net, x: Value, *, axis: int | None) -> Value:
    """Shift and scale to mean 0 and standard deviation 1, as measured on the training split.

    The statistics are part of the graph and are exported with it. What is constant in the training split is
    shifted only.
    """
    x = as_float(net, x)
    axes = reduced_axes(net, x, axis)
    mean = net.statistic("mean", x, "mean", axes)
    deviation = net.statistic("standard_deviation", x, "standard_deviation", axes)
    return (x - mean) / divisor(net, deviation, mean)
