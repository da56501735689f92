"""Metrics that count how often a prediction is right."""

import numpy as np

from declnet import DataError, metric
from declnet_metric.pairing import class_numbers, paired


@metric("accuracies.schema.json#accuracy", better="higher")
def accuracy(prediction: np.ndarray, target: np.ndarray, *, threshold: float) -> float:
    """Share of the predictions that name the right class.

    Scores of shape (N, classes, ...) name the class with the highest one; the target holds class numbers (N, ...) or
    one-hot rows of the scores' shape. A single score, (N,) or (N, 1), names class 1 if it is above the threshold.

    Raises:
        DataError: the shapes do not fit.
    """
    if prediction.ndim < 2 or prediction.shape[1] == 1:
        prediction, target = paired(prediction, target)
        return float(np.mean((prediction > threshold) == (target > 0.5)))
    return float(np.mean(prediction.argmax(axis=1) == class_numbers(prediction, target)))


@metric("accuracies.schema.json#binary_accuracy", better="higher")
def binary_accuracy(prediction: np.ndarray, target: np.ndarray, *, threshold: float) -> float:
    """Share of the outputs that are on the right side of the threshold, each output being a yes-or-no question.

    Prediction and target have one shape, (N, ...); the target holds 0 and 1.

    Raises:
        DataError: the shapes do not fit.
    """
    prediction, target = paired(prediction, target)
    return float(np.mean((prediction > threshold) == (target > 0.5)))


@metric("accuracies.schema.json#top_k_accuracy", better="higher")
def top_k_accuracy(prediction: np.ndarray, target: np.ndarray, *, k: int) -> float:
    """Share of the predictions that have the right class among the k highest scores.

    Scores and target as for accuracy. Scores equal to that of the right class do not push it down.

    Raises:
        DataError: the shapes do not fit, or there are not more than k classes.
    """
    if prediction.ndim < 2 or prediction.shape[1] <= k:
        raise DataError(
            f"the metric top_k_accuracy needs more than k = {k} classes",
            code="DN4002",
            found=f"a prediction of shape {prediction.shape}",
            allowed=f"(N, classes, ...) with more than {k} classes",
            hint="choose a smaller k",
        )
    right = np.expand_dims(class_numbers(prediction, target), 1)
    higher = prediction > np.take_along_axis(prediction, right, axis=1)
    return float(np.mean(higher.sum(axis=1) < k))
