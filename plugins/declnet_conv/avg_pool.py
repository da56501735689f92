"""Average pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import pool
from declnet_conv.windows import Padding, Sizes


@layer("avg_pool.schema.json")
def avg_pool(net: Net, x: Value, *, size: Sizes, stride: Sizes | None, padding: Padding) -> Value:
    """Take the mean of each window: (N, channels, ...) to (N, channels, ...). ONNX AveragePool.

    As in Keras, padding does not count in the mean.
    """
    return net.AveragePool(x, count_include_pad=0, **pool(net, x, size=size, stride=stride, padding=padding))
