"""What element-wise layers of several inputs share: the check that the shapes fit."""

from declnet import Net, Value


def check_broadcast(net: Net, *inputs: Value) -> None:
    """Refuse inputs that do not broadcast.

    Ranks must be equal: ONNX would align the last axes of different ranks, and so the batch with another axis.
    """
    first, *others = inputs
    for position, other in enumerate(others, start=2):
        if len(other.shape) != len(first.shape) or not all(map(_fits, first.shape, other.shape)):
            raise net.error(
                f"input {position} has another shape than input 1",
                code="DN1401",
                allowed="equal numbers of axes, with sizes that are equal or 1",
                hint="bring them to one shape with reshape, dense or conv",
            )


def _fits(a: object, b: object) -> bool:
    # Unknown sizes are compared when the model runs.
    return not (isinstance(a, int) and isinstance(b, int)) or a == b or 1 in (a, b)
