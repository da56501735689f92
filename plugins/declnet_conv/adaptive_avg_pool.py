"""Adaptive average pooling."""

from declnet import layer
from declnet_conv.pools import adaptive_pool


@layer("adaptive_avg_pool.schema.json")
def adaptive_avg_pool(net, x, *, size):
    """Take means of windows that are chosen so that the output has a given size: (N, channels, ...) to the same.

    Entry i of m is the mean from floor(i * n / m) to ceil((i + 1) * n / m), as in Keras and PyTorch; ONNX
    AveragePool where m divides n, else ReduceMean.
    """
    return adaptive_pool(net, x, size, net.AveragePool, net.ReduceMean)
