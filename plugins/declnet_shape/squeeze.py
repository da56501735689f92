"""Squeeze."""

from declnet import Net, Value, layer
from declnet_shape.axes import axes_of


@layer("squeeze.schema.json")
def squeeze(net: Net, x: Value, *, axes: list[int]) -> Value:
    """Take axes of size 1 away: (N, 1, width) to (N, width). ONNX Squeeze."""
    axes = axes_of(net, x, axes, "axes")
    longer = [axis for axis in axes if isinstance(x.shape[axis], int) and x.shape[axis] != 1]
    if longer:
        raise net.error(
            f"axis {longer[0]} has size {x.shape[longer[0]]} and cannot be taken away",
            code="DN1401",
            property="axes",
            allowed="axes of size 1",
            hint="use reshape, flatten or reduce",
        )
    return net.Squeeze(x, axes)
