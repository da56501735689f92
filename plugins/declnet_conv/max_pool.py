"""Max pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import pool
from declnet_conv.windows import Padding, Sizes


@layer("max_pool.schema.json")
def max_pool(net: Net, x: Value, *, size: Sizes, stride: Sizes | None, padding: Padding) -> Value:
    """Take the largest value of each window: (N, channels, ...) to (N, channels, ...). ONNX MaxPool."""
    return net.MaxPool(x, **pool(net, x, size=size, stride=stride, padding=padding))
