"""Expand dims."""

from declnet import Net, Value, layer
from declnet_shape.axes import axis_of


@layer("expand_dims.schema.json")
def expand_dims(net: Net, x: Value, *, axis: int) -> Value:
    """Put in an axis of size 1: (N, width) to (N, 1, width). ONNX Unsqueeze."""
    return net.Unsqueeze(x, [axis_of(net, x, axis, "axis", extra=1)])
