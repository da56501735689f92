"""Histogram equalization."""

import numpy as np

from declnet import Net, Value, layer
from declnet_augmentation.images import bounds, image_sizes


@layer("equalize.schema.json")
def equalize(net: Net, x: Value, *, bins: int, value_range: list[float]) -> Value:
    """Spread the values of each channel of each image evenly over the range: (N, channels, height, width).

    In training and afterwards: a value becomes the share of the pixels that are not above it, without those of the
    lowest bin (Gonzalez and Woods, "Digital image processing", section 3.3). A channel of one value stays as it is. No
    gradient flows through it: the layer stands before the first weights.
    """
    channels, height, width = image_sizes(net, x)
    low, high = bounds(net, value_range)
    level = net.Round(net.Clip((x - low) * ((bins - 1) / (high - low)), 0.0, float(bins - 1)))
    level = net.Reshape(net.Cast(level, to=np.dtype("int64")), [0, channels, height * width])
    empty = net.Expand(0.0, net.Concat(net.Shape(x, end=2), [bins], axis=0))
    pixels = net.Expand(1.0, net.Shape(level))
    counts = net.ScatterElements(empty, level, pixels, axis=2, reduction="add")
    below = net.GatherElements(net.CumSum(counts, 2), level, axis=2)
    first = net.ReduceMin(below, [2], keepdims=1)
    others = float(height * width) - first
    flat = net.Equal(others, 0.0)
    spread = (below - first) * ((high - low) / net.Where(flat, 1.0, others)) + low
    return net.Where(net.Unsqueeze(flat, [3]), x, net.Reshape(spread, net.Shape(x)))
