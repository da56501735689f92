"""Random blurring."""

import numpy as np

from declnet import Net, Value, layer
from declnet_augmentation.images import between, chosen, image_sizes


@layer("random_blur.schema.json")
def random_blur(net: Net, x: Value, *, rate: float, sigma: list[float]) -> Value:
    """Blur some images while training; do nothing afterwards: (N, channels, height, width) to the same shape.

    Each pixel becomes a mean of those of its image, weighted by a Gaussian of the distance, which is not cut off. Its
    standard deviation, and which images, are a function of (seed, step, layer).
    """
    _, height, width = image_sizes(net, x)
    if sigma[0] > sigma[1]:
        raise net.error("the least standard deviation is above the greatest", property="sigma", found=str(sigma))
    if not net.training or rate == 0:
        return x
    spread = between(net, x, sigma[0], sigma[1])
    # Every image has a kernel of its own, which a convolution has not: products with the weights of all pairs of rows,
    # and of all pairs of columns, instead.
    rows, columns = (
        net.Exp(net.constant(-0.5 * np.subtract.outer(places, places) ** 2) / (spread * spread))
        for places in (np.arange(height, dtype="float32"), np.arange(width, dtype="float32"))
    )
    rows = rows / net.ReduceSum(rows, [3], keepdims=1)
    columns = columns / net.ReduceSum(columns, [2], keepdims=1)
    return net.Where(chosen(net, x, rate), rows @ x @ columns, x)
