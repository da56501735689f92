"""Average pooling."""

from declnet import layer
from declnet_conv.pools import pool


@layer("avg_pool.schema.json")
def avg_pool(net, x, *, size, stride, padding):
    """Take the mean of each window: (N, channels, ...) to (N, channels, ...). ONNX AveragePool.

    As in Keras, padding does not count in the mean.
    """
    return net.AveragePool(x, count_include_pad=0, **pool(net, x, size=size, stride=stride, padding=padding))
