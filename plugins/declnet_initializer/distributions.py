"""Initializers that draw from a distribution which the spec gives."""

from collections.abc import Sequence

import numpy as np

from declnet import GraphError, initializer


@initializer("distributions.schema.json#uniform")
def uniform(
    random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, minimum: float, maximum: float
) -> np.ndarray:
    """Uniform between two bounds.

    Raises:
        GraphError: the bounds are the wrong way round.
    """
    if minimum > maximum:
        raise GraphError(
            "the initializer uniform has its bounds the wrong way round",
            code="DN1402",
            found=f"minimum {minimum}, maximum {maximum}",
            allowed="a minimum that is not above the maximum",
            hint="exchange the two",
        )
    return random.uniform(minimum, maximum, shape).astype(np.float32)


@initializer("distributions.schema.json#normal")
def normal(
    random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, mean: float, standard_deviation: float
) -> np.ndarray:
    """Normal with a mean and a standard deviation."""
    return random.normal(mean, standard_deviation, shape).astype(np.float32)


@initializer("distributions.schema.json#truncated_normal")
def truncated_normal(
    random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, mean: float, standard_deviation: float
) -> np.ndarray:
    """Normal, drawn again where it lies more than two standard deviations from the mean.

    The standard deviation is that of the whole normal distribution, as in Keras; what remains has 0.8796 of it.
    """
    values = random.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values[far] = random.standard_normal(np.count_nonzero(far))
    return (mean + standard_deviation * values).astype(np.float32)
