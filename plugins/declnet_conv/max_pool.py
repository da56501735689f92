"""Max pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import pool
from declnet_conv.windows import Padding, Sizes

# Operators that never fall: the maximum of their values is their value at the maximum.
RISING = {"Relu", "Sigmoid", "Softplus", "Tanh"}


@layer("max_pool.schema.json")
def max_pool(net: Net, x: Value, *, size: Sizes, stride: Sizes | None, padding: Padding) -> Value:
    """Take the largest value of each window: (N, channels, ...) to (N, channels, ...). ONNX MaxPool.

    An activation right before it that never falls moves behind it, where it has fewer values to work on.
    """
    attributes = pool(net, x, size=size, stride=stride, padding=padding)
    before = x.producer()
    if before is not None and before.op_type in RISING and before.inputs[0] is not None:
        return getattr(net, before.op_type)(net.MaxPool(before.inputs[0], **attributes))
    return net.MaxPool(x, **attributes)
