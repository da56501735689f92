"""Random changes of sharpness."""

import numpy as np

from declnet import Net, Value, layer
from declnet_augmentation.images import between, image_sizes

# A pixel and its neighbours, as image editors smooth.
KERNEL = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13


@layer("random_sharpness.schema.json")
def random_sharpness(net: Net, x: Value, *, factor: float) -> Value:
    """Sharpen or soften images while training; do nothing afterwards: (N, channels, height, width) to the same shape.

    The distance of each pixel from the mean of its neighbourhood, in which it counts five times, is multiplied by a
    factor that is a function of (seed, step, layer). Beyond the edges their pixels are repeated.
    """
    channels, _, _ = image_sizes(net, x)
    if not net.training or factor == 0:
        return x
    kernel = net.constant(np.tile(KERNEL, [channels, 1, 1, 1]), "float32")
    smooth = net.Conv(net.Pad(x, [0, 0, 1, 1] * 2, mode="edge"), kernel, group=channels)
    return smooth + (x - smooth) * between(net, x, 1 - factor, 1 + factor)
