"""Metrics against scikit-learn's."""

import math

import numpy as np
import pytest
from declnet_metric import (
    accuracy,
    binary_accuracy,
    mean_absolute_error,
    mean_squared_error,
    root_mean_squared_error,
    top_k_accuracy,
)
from sklearn import metrics

from declnet import DataError

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(size=(50, 4)).astype(np.float32)
LABELS = RANDOM.integers(0, 4, 50)


@pytest.mark.parametrize("target", [LABELS, LABELS[:, None], np.eye(4, dtype=np.float32)[LABELS]])
def test_accuracy(target):
    """The class with the highest score, against class numbers or one-hot rows."""
    ours = accuracy(SCORES, target, threshold=0.0)

    assert metrics.accuracy_score(LABELS, SCORES.argmax(1)) == ours


@pytest.mark.parametrize("shape", [(50,), (50, 1)])
@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_accuracy_of_one_output(threshold, shape):
    """One score for each row is held against a threshold; (N,) and (N, 1) are not broadcast."""
    score, target = SCORES[:, 0], (LABELS > 1).astype(np.float32)

    ours = accuracy(score.reshape(50, 1), target.reshape(shape), threshold=threshold)

    assert metrics.accuracy_score(target > 0, score > threshold) == ours


def test_accuracy_of_pixels():
    """Positions after the class axis count one by one."""
    scores = np.zeros((1, 2, 2, 2), np.float32)
    scores[0, 1, 0, 0] = 1

    assert 0.75 == accuracy(scores, np.array([[[1, 0], [0, 1]]]), threshold=0.0)


def test_binary_accuracy():
    """Each output is a question of its own."""
    target = RANDOM.integers(0, 2, SCORES.shape)

    ours = binary_accuracy(SCORES, target, threshold=0.0)

    assert metrics.accuracy_score(target.ravel(), SCORES.ravel() > 0) == ours


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_accuracy(k):
    """The right class is among the k highest scores."""
    assert metrics.top_k_accuracy_score(LABELS, SCORES, k=k) == top_k_accuracy(SCORES, LABELS, k=k)


def test_mean_errors():
    """Mean errors of float32 arrays, averaged in float64."""
    prediction, target = SCORES, RANDOM.normal(size=SCORES.shape).astype(np.float32)

    assert metrics.mean_absolute_error(target, prediction) == pytest.approx(mean_absolute_error(prediction, target))
    assert metrics.mean_squared_error(target, prediction) == pytest.approx(mean_squared_error(prediction, target))
    assert math.sqrt(metrics.mean_squared_error(target, prediction)) == pytest.approx(
        root_mean_squared_error(prediction, target)
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_squared_error(np.zeros((4, 2)), np.zeros((4, 3))),
        lambda: mean_absolute_error(np.zeros((4, 2)), np.zeros(4)),
        lambda: binary_accuracy(np.zeros((4, 2)), np.zeros((2, 4)), threshold=0.0),
        lambda: accuracy(np.zeros((4, 3)), np.zeros((4, 2)), threshold=0.0),
        lambda: top_k_accuracy(np.zeros((4, 3)), np.zeros(4, int), k=3),
    ],
)
def test_shapes_that_do_not_fit(call):
    """Nothing is broadcast in silence: the message names the shapes that came and those that would do."""
    with pytest.raises(DataError, match=r"(?s)DN4002.*found: .*shape \(4, .*allowed: "):
        call()


@pytest.mark.parametrize(
    "metric, better",
    [
        (accuracy, "higher"),
        (binary_accuracy, "higher"),
        (top_k_accuracy, "higher"),
        (mean_absolute_error, "lower"),
        (mean_squared_error, "lower"),
        (root_mean_squared_error, "lower"),
    ],
)
def test_direction(metric, better):
    """Each metric says which way is up, for early stopping."""
    assert better == metric.options["better"]
