"""Metrics of how sure a prediction is, and whether rightly."""

from collections.abc import Callable

import numpy as np

from declnet import DataError, metric
from declnet_metric.pairing import class_numbers, paired


@metric("probabilities.schema.json#roc_auc", better="higher")
def roc_auc(prediction: np.ndarray, target: np.ndarray) -> float:
    """Area under the ROC curve: how likely it is that a positive row has a higher score than a negative one.

    Scores (logits or probabilities) and targets 0 and 1 of one shape, (N, ...); with several outputs it is the mean of
    theirs, without those whose target is constant. Equal scores count half. Computed from ranks (Mann and Whitney,
    1947).

    Raises:
        DataError: the shapes do not fit, or every output has a constant target.
    """
    return _mean_over_outputs("roc_auc", _area, prediction, target)


@metric("probabilities.schema.json#average_precision", better="higher")
def average_precision(prediction: np.ndarray, target: np.ndarray) -> float:
    """Area under the precision-recall curve, as the sum of precision times the step of recall at each score.

    Scores and targets as for roc_auc. Where positive rows are rare it tells more than roc_auc does.

    Raises:
        DataError: the shapes do not fit, or every output has a constant target.
    """
    return _mean_over_outputs("average_precision", _precision_area, prediction, target)


@metric("probabilities.schema.json#cross_entropy", better="lower")
def cross_entropy(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean cross entropy in nats, without the smoothing and the weights that the loss of that name may have.

    Class logits (N, classes, ...), against class numbers (N, ...) or one-hot rows.

    Raises:
        DataError: the shapes do not fit.
    """
    return float(np.mean(_surprise("cross_entropy", prediction, target)))


@metric("probabilities.schema.json#binary_cross_entropy", better="lower")
def binary_cross_entropy(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean binary cross entropy in nats of logits against targets in [0, 1], both of shape (N, ...).

    Raises:
        DataError: the shapes do not fit.
    """
    prediction, target = (array.astype(np.float64) for array in paired(prediction, target))
    return float(np.mean(np.logaddexp(0, prediction) - target * prediction))


@metric("probabilities.schema.json#perplexity", better="lower")
def perplexity(prediction: np.ndarray, target: np.ndarray) -> float:
    """exp of the mean cross entropy in nats: among how many equally likely classes the model is torn.

    Class logits (N, classes, ...), against class numbers (N, ...) or one-hot rows.

    Raises:
        DataError: the shapes do not fit.
    """
    return float(np.exp(np.mean(_surprise("perplexity", prediction, target))))


def _surprise(name: str, prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """-log softmax of each right class."""
    if prediction.ndim < 2:
        raise DataError(
            f"the metric {name} needs class logits",
            code="DN4002",
            found=f"a prediction of shape {prediction.shape}",
            allowed="(N, classes, ...)",
        )
    right = np.expand_dims(class_numbers(prediction, target), 1)
    logits = prediction.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return np.log(np.exp(logits).sum(axis=1, keepdims=True)) - np.take_along_axis(logits, right, axis=1)


def _mean_over_outputs(
    name: str, area: Callable[[np.ndarray, np.ndarray], float], prediction: np.ndarray, target: np.ndarray
) -> float:
    """The mean of *area*(scores, positive) over the outputs whose target is not constant."""
    prediction, target = paired(prediction, target)
    scores, positive = prediction.reshape(len(prediction), -1), target.reshape(len(target), -1) > 0.5
    areas = [area(scores[:, k], positive[:, k]) for k in range(scores.shape[1]) if len(np.unique(positive[:, k])) == 2]
    if not areas:
        raise DataError(
            f"the metric {name} needs rows of both classes",
            code="DN4002",
            found=f"targets that are all {int(positive.flat[0])}",
            allowed="targets 0 and 1",
            hint='shuffle or stratify the split: "stratify": true',
        )
    return float(np.mean(areas))


def _precision_area(scores: np.ndarray, positive: np.ndarray) -> float:
    """The mean precision at the positive rows; equal scores are taken together."""
    levels, place = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(place, weights=positive, minlength=len(levels)))
    named = np.cumsum(np.bincount(place, minlength=len(levels)))
    return np.sum(np.diff(hits, prepend=0) * hits / named) / positive.sum()


def _area(scores: np.ndarray, positive: np.ndarray) -> float:
    """The rank sum of the positive rows, brought to 0 .. 1; equal scores share their mean rank."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    number = positive.sum()
    return (ranks[positive].sum() - number * (number + 1) / 2) / (number * (len(scores) - number))
