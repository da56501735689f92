"""Scale."""

from declnet import Net, Value, layer
from declnet_normalization.fitted import as_float, divisor, reduced_axes


@layer("scale.schema.json")
def scale(net: Net, x: Value, *, minimum: float | None, maximum: float | None, axis: int | None) -> Value:
    """Map the range from minimum to maximum onto 0 to 1.

    A bound that is not given is measured on the training split, is part of the graph and is exported with it.
    What is constant in the training split is shifted only.
    """
    x = as_float(net, x)
    if minimum is not None and maximum is not None:
        if minimum >= maximum:
            raise net.error(
                "minimum must be below maximum", property="minimum", found=f"minimum {minimum}, maximum {maximum}"
            )
        return (x - minimum if minimum else x) * (1 / (maximum - minimum))
    axes = reduced_axes(net, x, axis)
    low = net.statistic("minimum", x, "minimum", axes) if minimum is None else minimum
    high = net.statistic("maximum", x, "maximum", axes) if maximum is None else maximum
    return (x - low) / divisor(net, high - low, high)
