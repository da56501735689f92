"""Random solarization."""

from declnet import Net, Value, layer
from declnet_augmentation.images import between, bounds, chosen, image_sizes


@layer("random_solarize.schema.json")
def random_solarize(net: Net, x: Value, *, rate: float, threshold: list[float], value_range: list[float]) -> Value:
    """Invert the bright pixels of some images while training; do nothing afterwards: (N, channels, height, width).

    Cubuk et al. 2019 (AutoAugment). The threshold, and which images, are a function of (seed, step, layer).
    """
    image_sizes(net, x)
    low, high = bounds(net, value_range)
    if threshold[0] > threshold[1]:
        raise net.error("the least threshold is above the greatest", property="threshold", found=str(threshold))
    if not net.training or rate == 0:
        return x
    darkest, brightest = (low + share * (high - low) for share in threshold)
    least = between(net, x, darkest, brightest)
    inverted = net.And(chosen(net, x, rate), net.GreaterOrEqual(x, least))
    return net.Where(inverted, (low + high) - x, x)
