"""Add."""

from functools import reduce
from operator import add as plus

from declnet import layer
from declnet_shape.broadcasting import check_broadcast


@layer("add.schema.json")
def add(net, first, second, *others):
    """Add inputs of one shape, element by element; an axis of size 1 is repeated. ONNX Add."""
    inputs = (first, second, *others)
    check_broadcast(net, *inputs)
    return reduce(plus, inputs)
