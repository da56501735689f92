"""Metrics of how prediction and target go together, in float64."""

import numpy as np

from declnet import metric
from declnet_metric.pairing import paired


@metric("correlations.schema.json#pearson_correlation", better="higher")
def pearson_correlation(prediction: np.ndarray, target: np.ndarray) -> float:
    """Covariance of prediction and target over the product of their standard deviations, both of shape (N, ...).

    With several outputs it is the mean of theirs. 0 where one of the two is constant.

    Raises:
        DataError: the shapes do not fit.
    """
    _, spreads, covariance = _moments(prediction, target)
    return _mean_share(covariance, np.sqrt(spreads[0] * spreads[1]))


@metric("correlations.schema.json#concordance_correlation", better="higher")
def concordance_correlation(prediction: np.ndarray, target: np.ndarray) -> float:
    """Pearson's correlation that also minds offset and scale: 1 only where prediction and target are equal (Lin, 1989).

    2 covariance / (variance of one + variance of the other + (difference of the means)^2); shapes, outputs and
    constants as for pearson_correlation.

    Raises:
        DataError: the shapes do not fit.
    """
    means, spreads, covariance = _moments(prediction, target)
    return _mean_share(2 * covariance, spreads[0] + spreads[1] + np.square(means[0] - means[1]))


@metric("correlations.schema.json#cosine_similarity", better="higher")
def cosine_similarity(prediction: np.ndarray, target: np.ndarray, *, axis: int) -> float:
    """Mean cosine of the angle between prediction and target, both of shape (N, ...), along an axis: 1 is best.

    The loss of that name is minus this. A vector of zeros gives 0.

    Raises:
        DataError: the shapes do not fit.
    """
    prediction, target = (array.astype(np.float64) for array in paired(prediction, target))
    lengths = np.linalg.norm(prediction, axis=axis) * np.linalg.norm(target, axis=axis)
    return _mean_share(np.sum(prediction * target, axis=axis), lengths)


def _moments(prediction: np.ndarray, target: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Of each output: the two means, the two variances, and the covariance."""
    columns = [array.reshape(len(array), -1).astype(np.float64) for array in paired(prediction, target)]
    means = [column.mean(axis=0) for column in columns]
    first, second = (column - mean for column, mean in zip(columns, means))
    return means, [np.square(first).mean(axis=0), np.square(second).mean(axis=0)], (first * second).mean(axis=0)


def _mean_share(part: np.ndarray, whole: np.ndarray) -> float:
    """The mean of part / whole, in which 0/0 is 0."""
    return float(np.mean(np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)))
