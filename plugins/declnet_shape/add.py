"""Add."""

from functools import reduce
from operator import add as plus

from declnet import Net, Value, layer
from declnet_shape.broadcasting import check_broadcast


@layer("add.schema.json")
def add(net: Net, first: Value, second: Value, *others: Value) -> Value:
    """Add inputs of one shape, element by element; an axis of size 1 is repeated. ONNX Add."""
    inputs = (first, second, *others)
    check_broadcast(net, *inputs)
    return reduce(plus, inputs)
