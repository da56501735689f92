"""Random inversion."""

from declnet import Net, Value, layer
from declnet_augmentation.images import bounds, chosen, image_sizes


@layer("random_invert.schema.json")
def random_invert(net: Net, x: Value, *, rate: float, value_range: list[float]) -> Value:
    """Make negatives of some images while training; do nothing afterwards: (N, channels, height, width).

    Which ones is a function of (seed, step, layer).
    """
    image_sizes(net, x)
    low, high = bounds(net, value_range)
    if not net.training or rate == 0:
        return x
    return net.Where(chosen(net, x, rate), (low + high) - x, x)
