"""Automatic contrast."""

from declnet import Net, Value, layer
from declnet_augmentation.images import bounds, image_sizes


@layer("auto_contrast.schema.json")
def auto_contrast(net: Net, x: Value, *, value_range: list[float]) -> Value:
    """Stretch the values of each channel of each image over the whole range: (N, channels, height, width).

    In training and afterwards. A channel of one value stays as it is.
    """
    image_sizes(net, x)
    low, high = bounds(net, value_range)
    least = net.ReduceMin(x, [2, 3], keepdims=1)
    spread = net.ReduceMax(x, [2, 3], keepdims=1) - least
    flat = net.Equal(spread, 0.0)
    return net.Where(flat, x, (x - least) * ((high - low) / net.Where(flat, 1.0, spread)) + low)
