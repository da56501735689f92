"""The check that a mean and a logarithm of a variance belong together."""

from declnet import Net, Value


def check_same(net: Net, first: Value, *others: Value) -> None:
    """Refuse inputs that are not numbers of one shape (N, ...)."""
    for position, other in enumerate(others, start=2):
        if list(other.shape) != list(first.shape) or len(first.shape) < 2:
            raise net.error(
                f"input {position} does not belong to input 1",
                code="DN1401",
                property="inputs",
                allowed="inputs of one shape (N, ...)",
                hint="let two dense layers of the same units give the mean and the logarithm of the variance",
            )
