"""Lp pooling."""

from declnet import layer
from declnet_conv.pools import pool


@layer("lp_pool.schema.json")
def lp_pool(net, x, *, size, stride, padding, p):
    """Take the p-norm of each window: (N, channels, ...) to (N, channels, ...). ONNX LpPool."""
    return net.LpPool(x, p=p, **pool(net, x, size=size, stride=stride, padding=padding))
