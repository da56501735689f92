"""Metrics that average the distance between prediction and target, in float64."""

import math

import numpy as np

from declnet import metric
from declnet_metric.pairing import paired


@metric("errors.schema.json#mean_absolute_error", better="lower")
def mean_absolute_error(prediction, target):
    """Mean of the absolute differences between prediction and target, both of shape (N, ...)."""
    return float(np.mean(np.abs(_difference(prediction, target))))


@metric("errors.schema.json#mean_squared_error", better="lower")
def mean_squared_error(prediction, target):
    """Mean of the squared differences between prediction and target, both of shape (N, ...)."""
    return float(np.mean(np.square(_difference(prediction, target))))


@metric("errors.schema.json#root_mean_squared_error", better="lower")
def root_mean_squared_error(prediction, target):
    """Root of the mean of the squared differences: an error in the unit of the target."""
    return math.sqrt(np.mean(np.square(_difference(prediction, target))))


def _difference(prediction, target):
    prediction, target = paired(prediction, target)
    return prediction.astype(np.float64) - target.astype(np.float64)
