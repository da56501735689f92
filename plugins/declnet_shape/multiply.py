"""Multiply."""

from functools import reduce
from operator import mul

from declnet import Net, Value, layer
from declnet_shape.broadcasting import check_broadcast


@layer("multiply.schema.json")
def multiply(net: Net, first: Value, second: Value, *others: Value) -> Value:
    """Multiply inputs of one shape, element by element; an axis of size 1 is repeated. ONNX Mul."""
    inputs = (first, second, *others)
    check_broadcast(net, *inputs)
    return reduce(mul, inputs)
