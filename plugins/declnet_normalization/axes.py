"""What layers that normalize each sample by itself share: their axes, and the tensor in place of a scale."""

from collections.abc import Sequence

import numpy as np

from declnet import Net, Value


def axis_of(net: Net, x: Value, axis: int, name: str = "axis") -> int:
    """The index, from 1, of *axis* of *x*; *name* is the property that holds it."""
    rank = len(x.shape)
    index = axis + rank if axis < 0 else axis
    if not 1 <= index < rank:
        raise net.error(
            f"the input has no axis {axis} after the batch",
            code="DN1401",
            property=name,
            allowed=f"1 to {rank - 1}, or -1 to {1 - rank}" if rank > 1 else "no axis: the input has only the batch",
        )
    return index


def axes_from(net: Net, x: Value, axis: int) -> tuple[list[int], list[int]]:
    """The axes from *axis* to the last one, and their sizes, which must be known."""
    first = axis_of(net, x, axis)
    sizes = list(x.shape)[first:]
    if not all(isinstance(size, int) for size in sizes):
        raise net.error("the sizes of the axes that are normalized over must be known", property="axis")
    return list(range(first, len(x.shape))), sizes


def channels_of(net: Net, x: Value, *, spatial: bool) -> int:
    """The number of channels of *x*, axis 1; *spatial*: whether axes must follow it."""
    if len(x.shape) < 2 + spatial or not isinstance(x.shape[1], int):
        raise net.error(
            "the layer needs an axis of channels, of known size, after the batch" + ", and axes after it" * spatial,
            code="DN1401",
            allowed="(N, channels, length), (N, channels, height, width), ..." if spatial else "(N, channels, ...)",
        )
    return x.shape[1]


def ones(net: Net, shape: Sequence[int]) -> Value:
    """The scale where none is learnt."""
    return net.ConstantOfShape(list(shape), value=np.ones(1, "float32"))


def zeros(net: Net, shape: Sequence[int]) -> Value:
    """The bias where none is learnt."""
    return net.ConstantOfShape(list(shape), value=np.zeros(1, "float32"))


def per_channel(net: Net, vector: Value, x: Value) -> Value:
    """*vector*, one number per channel, in a shape that broadcasts against *x*."""
    return net.Reshape(vector, [-1] + [1] * (len(x.shape) - 2))
