"""Random posterization."""

from declnet import Net, Value, layer
from declnet_augmentation.images import bounds, chosen, image_sizes


@layer("random_posterize.schema.json")
def random_posterize(net: Net, x: Value, *, rate: float, bits: int, value_range: list[float]) -> Value:
    """Leave some images few levels while training; do nothing afterwards: (N, channels, height, width).

    Cubuk et al. 2019 (AutoAugment): of each value, as one of 256 levels, the highest bits are kept. Which images is a
    function of (seed, step, layer). No gradient flows through those: the layer stands before the first weights.
    """
    image_sizes(net, x)
    low, high = bounds(net, value_range)
    if not net.training or rate == 0:
        return x
    step = 2.0 ** (8 - bits)
    # To the nearest of 256 levels first: a byte that was scaled is not quite a whole number any more.
    levels = net.Round((x - low) * (255 / (high - low)))
    coarse = net.Floor(levels * (1 / step)) * (step * (high - low) / 255) + low
    return net.Where(chosen(net, x, rate), coarse, x)
