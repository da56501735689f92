"""Concat."""

from declnet import Net, Value, layer


@layer("concat.schema.json")
def concat(net: Net, first: Value, second: Value, *others: Value, axis: int) -> Value:
    """Join inputs along one axis; all other sizes must be equal. ONNX Concat."""
    inputs = (first, second, *others)
    rank = len(first.shape)
    along = axis + rank if axis < 0 else axis
    if not 1 <= along < rank:
        raise net.error(
            f"concat cannot join along axis {axis}",
            property="axis",
            allowed=f"1 to {rank - 1}, or -1 to {1 - rank}" if rank > 1 else "no axis: the input has only the batch",
        )
    for position, other in enumerate(inputs[1:], start=2):
        if len(other.shape) != rank or any(
            isinstance(a, int) and isinstance(b, int) and a != b
            for index, (a, b) in enumerate(zip(first.shape, other.shape))
            if index != along
        ):
            raise net.error(
                f"input {position} cannot be joined to input 1",
                code="DN1401",
                allowed=f"equal sizes on every axis but axis {along}",
            )
    return net.Concat(*inputs, axis=along)
