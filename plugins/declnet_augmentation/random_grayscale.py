"""Random loss of colour."""

from declnet import Net, Value, layer
from declnet_augmentation.colors import check_colors, grey
from declnet_augmentation.images import chosen, image_sizes


@layer("random_grayscale.schema.json")
def random_grayscale(net: Net, x: Value, *, rate: float) -> Value:
    """Make some images grey while training; do nothing afterwards: (N, 3, height, width) to the same shape.

    All channels become 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601). Which images is a function of (seed, step,
    layer).
    """
    check_colors(net, image_sizes(net, x)[0], "colours")
    if not net.training or rate == 0:
        return x
    return net.Where(chosen(net, x, rate), grey(net, x), x)
