"""Metrics of the distance between prediction and target, in float64."""

import math

import numpy as np

from declnet import metric
from declnet_metric.pairing import paired


@metric("errors.schema.json#mean_absolute_error", better="lower")
def mean_absolute_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean of the absolute differences between prediction and target, both of shape (N, ...)."""
    return float(np.mean(np.abs(_difference(prediction, target))))


@metric("errors.schema.json#mean_squared_error", better="lower")
def mean_squared_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean of the squared differences between prediction and target, both of shape (N, ...)."""
    return float(np.mean(np.square(_difference(prediction, target))))


@metric("errors.schema.json#root_mean_squared_error", better="lower")
def root_mean_squared_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Root of the mean of the squared differences: an error in the unit of the target."""
    return math.sqrt(np.mean(np.square(_difference(prediction, target))))


@metric("errors.schema.json#mean_absolute_percentage_error", better="lower")
def mean_absolute_percentage_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean of the absolute differences in percent of the target: 100 |x - t| / max(|t|, 1e-7), as in Keras.

    scikit-learn's is a share, a hundredth of it.
    """
    difference = _difference(prediction, target)
    target = np.abs(target.reshape(prediction.shape).astype(np.float64))
    return float(100 * np.mean(np.abs(difference) / np.maximum(target, 1e-7)))


@metric("errors.schema.json#mean_squared_logarithmic_error", better="lower")
def mean_squared_logarithmic_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean of the squared differences of log(1 + x), both of shape (N, ...).

    What is below 0 is taken for 0, as in Keras.
    """
    prediction, target = paired(prediction, target)
    logarithms = (np.log1p(np.maximum(array.astype(np.float64), 0)) for array in (prediction, target))
    return float(np.mean(np.square(np.subtract(*logarithms))))


@metric("errors.schema.json#r2_score", better="higher")
def r2_score(prediction: np.ndarray, target: np.ndarray) -> float:
    """Coefficient of determination, 1 - sum (t - x)^2 / sum (t - mean t)^2: 1 is perfect, 0 as good as the mean.

    With several outputs it is the mean of theirs. Where the target is constant, it is 1 for a perfect prediction and
    else 0, as in scikit-learn.
    """
    return _explained(np.square(_difference(prediction, target)).reshape(len(target), -1).sum(axis=0), target)


@metric("errors.schema.json#explained_variance", better="higher")
def explained_variance(prediction: np.ndarray, target: np.ndarray) -> float:
    """1 - variance of the differences / variance of the target: r2_score that forgives a constant error."""
    difference = _difference(prediction, target).reshape(len(target), -1)
    return _explained(np.square(difference - difference.mean(axis=0)).sum(axis=0), target)


def _explained(left: np.ndarray, target: np.ndarray) -> float:
    """1 - left / sum (t - mean t)^2 of each output, averaged; *left* are sums of squares."""
    target = target.reshape(len(target), -1).astype(np.float64)
    whole = np.square(target - target.mean(axis=0)).sum(axis=0)
    shares = np.where(left > 0, 1.0, 0.0)
    np.divide(left, whole, out=shares, where=whole > 0)
    return float(np.mean(1 - shares))


def _difference(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    prediction, target = paired(prediction, target)
    return prediction.astype(np.float64) - target.astype(np.float64)
