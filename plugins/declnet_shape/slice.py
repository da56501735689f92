"""Slice."""

from declnet import Net, Value, layer
from declnet_shape.axes import axis_of

# ONNX's word for "up to the end of the axis".
END = 2**63 - 1


@layer("slice.schema.json")
def slice_(net: Net, x: Value, *, axis: int, start: int, end: int | None, step: int) -> Value:
    """Keep a part of one axis: the last step of a sequence, the first channels, every other pixel. ONNX Slice."""
    axis = axis_of(net, x, axis, "axis")
    length = x.shape[axis]
    if isinstance(length, int) and not range(length)[start:end:step]:
        raise net.error(
            f"nothing is left of the {length} entries of axis {axis}",
            code="DN1401",
            property="end" if end is not None else "start",
            found=f"start {start}, end {end}",
        )
    return net.Slice(x, [start], [END if end is None else end], [axis], [step])
