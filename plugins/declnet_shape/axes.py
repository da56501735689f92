"""What layers that name axes share: the check that there are such axes after the batch."""

from collections.abc import Sequence

from declnet import Net, Value


def axis_of(net: Net, x: Value, axis: int, name: str, extra: int = 0) -> int:
    """The index, from 1, of *axis* of *x*, to which *extra* axes will be added; *name* is the property."""
    rank = len(x.shape) + extra
    index = axis + rank if axis < 0 else axis
    if not 1 <= index < rank:
        raise net.error(
            f"there is no axis {axis} after the batch",
            code="DN1401",
            property=name,
            allowed=f"1 to {rank - 1}, or -1 to {1 - rank}" if rank > 1 else "no axis: the input has only the batch",
        )
    return index


def axes_of(net: Net, x: Value, axes: Sequence[int], name: str) -> list[int]:
    """The indices of *axes* in order; each is named once."""
    found = sorted(axis_of(net, x, axis, name) for axis in axes)
    if len(set(found)) < len(found):
        raise net.error(f"{name} {axes} names an axis twice", property=name)
    return found
