"""Average."""

from declnet import Net, Value, layer
from declnet_shape.broadcasting import check_broadcast


@layer("average.schema.json")
def average(net: Net, first: Value, second: Value, *others: Value) -> Value:
    """Take the mean of inputs of one shape, element by element; an axis of size 1 is repeated. ONNX Mean."""
    inputs = (first, second, *others)
    check_broadcast(net, *inputs)
    return net.Mean(*inputs)
