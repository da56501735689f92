"""Adaptive max pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import adaptive_pool
from declnet_conv.windows import Sizes


@layer("adaptive_max_pool.schema.json")
def adaptive_max_pool(net: Net, x: Value, *, size: Sizes) -> Value:
    """Take maxima of windows that are chosen so that the output has a given size: (N, channels, ...) to the same.

    Entry i of m is the maximum from floor(i * n / m) to ceil((i + 1) * n / m), as in Keras and PyTorch; ONNX
    MaxPool where m divides n, else ReduceMax.
    """
    return adaptive_pool(net, x, size, pool=net.MaxPool, reduce=net.ReduceMax)
