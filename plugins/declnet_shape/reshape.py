"""Reshape."""

from collections.abc import Sequence
from math import prod

from declnet import Net, Value, layer


@layer("reshape.schema.json")
def reshape(net: Net, x: Value, *, shape: list[int]) -> Value:
    """Give each sample another shape, its values in the same order: (N, ...) to (N, *shape). ONNX Reshape."""
    if shape.count(-1) > 1 or 0 in shape:
        raise net.error(
            "reshape needs sizes of at least 1, and at most one -1",
            property="shape",
            found=str(shape),
            hint="-1 stands for the one size that follows from the others",
        )
    values = list(x.shape)[1:]
    if all(isinstance(size, int) for size in values):
        shape = _resolved(net, x, shape, prod(values))
    return net.Reshape(x, [0, *shape])


def _resolved(net: Net, x: Value, shape: Sequence[int], count: int) -> list[int]:
    """*shape* with the size that -1 stands for, where each sample has *count* values."""
    known = prod(size for size in shape if size != -1)
    if count % known or (-1 not in shape and count != known):
        raise net.error(
            f"reshape cannot bring the {count} values of a sample into shape {shape}",
            code="DN1401",
            property="shape",
            allowed=f"sizes whose product {'divides' if -1 in shape else 'is'} {count}",
            hint="the batch axis is not part of shape",
        )
    return [count // known if size == -1 else size for size in shape]
