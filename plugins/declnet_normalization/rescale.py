"""Rescale."""

from declnet import Net, Value, layer
from declnet_normalization.fitted import as_float


@layer("rescale.schema.json")
def rescale(net: Net, x: Value, *, factor: float, offset: float) -> Value:
    """Multiply by a number and add another: bytes to the range from -1 to 1, say. (N, ...) to the same shape."""
    x = as_float(net, x)
    y = x if factor == 1 else x * float(factor)
    return y if offset == 0 else y + float(offset)
