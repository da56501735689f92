"""Subtract."""

from declnet import Net, Value, layer
from declnet_shape.broadcasting import check_broadcast


@layer("subtract.schema.json")
def subtract(net: Net, first: Value, second: Value) -> Value:
    """Subtract the second input from the first, element by element; an axis of size 1 is repeated. ONNX Sub."""
    check_broadcast(net, first, second)
    return first - second
