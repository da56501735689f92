"""Minimum."""

from declnet import Net, Value, layer
from declnet_shape.broadcasting import check_broadcast


@layer("minimum.schema.json")
def minimum(net: Net, first: Value, second: Value, *others: Value) -> Value:
    """Take the smallest of inputs of one shape, element by element; an axis of size 1 is repeated. ONNX Min."""
    inputs = (first, second, *others)
    check_broadcast(net, *inputs)
    return net.Min(*inputs)
