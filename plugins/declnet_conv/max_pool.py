"""Max pooling."""

from declnet import layer
from declnet_conv.pools import pool


@layer("max_pool.schema.json")
def max_pool(net, x, *, size, stride, padding):
    """Take the largest value of each window: (N, channels, ...) to (N, channels, ...). ONNX MaxPool."""
    return net.MaxPool(x, **pool(net, x, size=size, stride=stride, padding=padding))
