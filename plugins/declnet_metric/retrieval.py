"""Metrics of classes that are found or missed: precision, recall and what lies between."""

from collections.abc import Callable

import numpy as np

from declnet import metric
from declnet_metric.pairing import class_numbers, paired


@metric("retrieval.schema.json#precision", better="higher")
def precision(prediction: np.ndarray, target: np.ndarray, *, threshold: float, average: str) -> float:
    """Share of the predictions of a class that are right; 0 for a class that is never predicted.

    Scores of shape (N, classes, ...) name the class with the highest one, and the target holds class numbers (N, ...)
    or one-hot rows; the figures of the classes are averaged. A single score, (N,) or (N, 1), is above the threshold
    for class 1, whose figure is taken.

    Raises:
        DataError: the shapes do not fit.
    """
    return _averaged(lambda hits, found, there: hits / found, prediction, target, threshold, average)


@metric("retrieval.schema.json#recall", better="higher")
def recall(prediction: np.ndarray, target: np.ndarray, *, threshold: float, average: str) -> float:
    """Share of a class that is predicted as such; 0 for a class of which there is none. Shapes as for precision.

    Raises:
        DataError: the shapes do not fit.
    """
    return _averaged(lambda hits, found, there: hits / there, prediction, target, threshold, average)


@metric("retrieval.schema.json#f1", better="higher")
def f1(prediction: np.ndarray, target: np.ndarray, *, threshold: float, average: str) -> float:
    """Harmonic mean of precision and recall, 2 hits / (predicted + there). Shapes as for precision.

    Raises:
        DataError: the shapes do not fit.
    """
    return _averaged(lambda hits, found, there: 2 * hits / (found + there), prediction, target, threshold, average)


@metric("retrieval.schema.json#f_beta", better="higher")
def f_beta(prediction: np.ndarray, target: np.ndarray, *, beta: float, threshold: float, average: str) -> float:
    """(1 + b^2) hits / (predicted + b^2 there): f1 in which recall counts beta times as much as precision.

    Shapes as for precision (van Rijsbergen, 1979).

    Raises:
        DataError: the shapes do not fit.
    """
    square = beta * beta

    def figure(hits: np.ndarray, found: np.ndarray, there: np.ndarray) -> np.ndarray:
        return (1 + square) * hits / (found + square * there)

    return _averaged(figure, prediction, target, threshold, average)


@metric("retrieval.schema.json#iou", better="higher")
def iou(prediction: np.ndarray, target: np.ndarray, *, threshold: float, average: str) -> float:
    """Intersection over union: hits / (predicted + there - hits), the figure of segmentation. Shapes as for precision.

    Also called the Jaccard index.

    Raises:
        DataError: the shapes do not fit.
    """
    return _averaged(lambda hits, found, there: hits / (found + there - hits), prediction, target, threshold, average)


def _averaged(
    figure: Callable[..., np.ndarray], prediction: np.ndarray, target: np.ndarray, threshold: float, average: str
) -> float:
    """*figure* of the counts (hits, predicted, there) of each class that is predicted or there; 0/0 is 0."""
    if prediction.ndim < 2 or prediction.shape[1] == 1:
        prediction, target = paired(prediction, target)
        named, right, classes = prediction > threshold, target > 0.5, np.array([True])
    else:
        named, right = prediction.argmax(axis=1), class_numbers(prediction, target)
        classes = np.union1d(named, right)
    counts = np.array([[np.sum((named == c) & (right == c)), np.sum(named == c), np.sum(right == c)] for c in classes])
    if average == "micro":
        counts = counts.sum(axis=0, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = np.nan_to_num(figure(*counts.T), nan=0.0)
    weights = counts[:, 2] if average == "weighted" and counts[:, 2].any() else None
    return float(np.average(figures, weights=weights))
