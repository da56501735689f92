"""Lp pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import pool
from declnet_conv.windows import Padding, Sizes


@layer("lp_pool.schema.json")
def lp_pool(net: Net, x: Value, *, size: Sizes, stride: Sizes | None, padding: Padding, p: int) -> Value:
    """Take the p-norm of each window: (N, channels, ...) to (N, channels, ...). ONNX LpPool."""
    return net.LpPool(x, p=p, **pool(net, x, size=size, stride=stride, padding=padding))
