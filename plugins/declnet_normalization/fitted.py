"""What layers that map a range of values onto another share."""

from onnx import TensorProto

from declnet import Net, Value

# Where values differ by less than this share of their size, float32 does not tell them apart.
RESOLUTION = 1e-7


def as_float(net: Net, x: Value) -> Value:
    """*x* as float32: pixels and counts come as integers."""
    return x if x.dtype == TensorProto.FLOAT else net.Cast(x, to=TensorProto.FLOAT)


def reduced_axes(net: Net, x: Value, axis: int | None) -> list[int]:
    """The axes that are reduced so that one number per index of *axis* stays; None: one number for all."""
    rank = len(x.shape)
    if axis is None or rank == 1:
        return list(range(rank))
    kept = axis + rank if axis < 0 else axis
    if not 1 <= kept < rank:
        raise net.error(
            f"no statistics can be kept per index of axis {axis}",
            property="axis",
            allowed=f"1 to {rank - 1}, -1 to {1 - rank}, or null",
        )
    return [index for index in range(rank) if index != kept]


def divisor(net: Net, spread: Value | float, size: Value | float) -> Value:
    """*spread*, or 1 where it is nothing beside *size*: a constant column is shifted, not blown up."""
    return net.Where(net.LessOrEqual(spread, net.Abs(size) * RESOLUTION), 1.0, spread)
