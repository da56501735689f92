"""Initializers whose spread depends on how many inputs and outputs a weight has.

A uniform distribution on [-a, a] has the variance a**2 / 3, which is where the factors 6, 3 and 2 come from.
The normal ones are whole normal distributions, as in the papers and in PyTorch; Keras truncates them.
"""

import math
from collections.abc import Sequence

import numpy as np

from declnet import initializer
from declnet_initializer.distributions import truncated_normal

# The standard deviation of the unit Gaussian between -2 and 2.
_TRUNCATED = 0.87962566103423978


@initializer("scaled.schema.json#glorot_uniform")
def glorot_uniform(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """Uniform on [-a, a], a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010, equation 16)."""
    return _uniform(random, shape, 2 / max(1, sum(fans)))


@initializer("scaled.schema.json#glorot_normal")
def glorot_normal(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """Normal with the variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010, equation 12)."""
    return _normal(random, shape, 2 / max(1, sum(fans)))


@initializer("scaled.schema.json#he_uniform")
def he_uniform(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """Uniform on [-a, a], a = sqrt(6 / fan_in): the variance of He et al. (2015), for relu."""
    return _uniform(random, shape, 2 / max(1, fans[0]))


@initializer("scaled.schema.json#he_normal")
def he_normal(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """Normal with the variance 2 / fan_in, for relu (He et al., 2015, equation 10)."""
    return _normal(random, shape, 2 / max(1, fans[0]))


@initializer("scaled.schema.json#lecun_uniform")
def lecun_uniform(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """Uniform on [-a, a], a = sqrt(3 / fan_in): the variance of LeCun et al. (1998), section 4.6."""
    return _uniform(random, shape, 1 / max(1, fans[0]))


@initializer("scaled.schema.json#lecun_normal")
def lecun_normal(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """Normal with the variance 1 / fan_in (LeCun et al., 1998, section 4.6); selu needs it (Klambauer et al., 2017)."""
    return _normal(random, shape, 1 / max(1, fans[0]))


@initializer("scaled.schema.json#variance_scaling")
def variance_scaling(
    random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int], *, scale: float, mode: str,
    distribution: str,
) -> np.ndarray:  # fmt: skip
    """Mean 0 and the variance scale / n, where n is fan_in, fan_out or their mean: Keras' VarianceScaling.

    Of the distributions, uniform is on [-a, a] with a = sqrt(3 scale / n); truncated_normal ends at two standard
    deviations of the normal distribution that it was before, which is wider by 1 / 0.8796.
    """
    size = {"fan_in": fans[0], "fan_out": fans[1], "fan_avg": sum(fans) / 2}[mode]
    variance = scale / max(1, size)
    if distribution == "uniform":
        return _uniform(random, shape, variance)
    if distribution == "normal":
        return _normal(random, shape, variance)
    return truncated_normal(random, shape, fans, mean=0.0, standard_deviation=math.sqrt(variance) / _TRUNCATED)


def _uniform(random: np.random.Generator, shape: Sequence[int], variance: float) -> np.ndarray:
    bound = math.sqrt(3 * variance)
    return random.uniform(-bound, bound, shape).astype(np.float32)


def _normal(random: np.random.Generator, shape: Sequence[int], variance: float) -> np.ndarray:
    return random.normal(0, math.sqrt(variance), shape).astype(np.float32)
