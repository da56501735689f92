"""Maximum."""

from declnet import Net, Value, layer
from declnet_shape.broadcasting import check_broadcast


@layer("maximum.schema.json")
def maximum(net: Net, first: Value, second: Value, *others: Value) -> Value:
    """Take the largest of inputs of one shape, element by element; an axis of size 1 is repeated. ONNX Max."""
    inputs = (first, second, *others)
    check_broadcast(net, *inputs)
    return net.Max(*inputs)
