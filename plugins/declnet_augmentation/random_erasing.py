"""Random erasing."""

import numpy as np

from declnet import Net, Value, layer
from declnet_augmentation.images import between, chosen, image_sizes, per_image


@layer("random_erasing.schema.json")
def random_erasing(net: Net, x: Value, *, rate: float, size: list[float], value: float) -> Value:
    """Erase a rectangle of some images while training; do nothing afterwards: (N, channels, height, width).

    Zhong et al. 2020 and, with rate 1, DeVries and Taylor 2017 (cutout). Where is a function of (seed, step, layer).
    """
    _, height, width = image_sizes(net, x)
    if size[0] > size[1]:
        raise net.error("the least side is above the greatest", property="size", found=str(size))
    if not net.training or rate == 0:
        return x
    inside = chosen(net, x, rate)
    for axis, length in ((2, height), (3, width)):
        side = between(net, x, size[0], size[1])
        start = per_image(net, x) * (1.0 - side)
        centres = np.reshape((np.arange(length) + 0.5) / length, [-1 if k == axis else 1 for k in range(4)])
        distance = net.constant(centres.astype("float32")) - start
        inside = net.And(inside, net.And(net.GreaterOrEqual(distance, 0.0), net.Less(distance, side)))
    return net.Where(inside, float(value), x)
