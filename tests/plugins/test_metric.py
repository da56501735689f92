"""Metrics against scikit-learn's."""

import functools
import math

import numpy as np
import pytest
from declnet_metric import (
    accuracy,
    average_precision,
    binary_accuracy,
    binary_cross_entropy,
    concordance_correlation,
    cosine_similarity,
    cross_entropy,
    explained_variance,
    f1,
    f_beta,
    iou,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    pearson_correlation,
    perplexity,
    precision,
    r2_score,
    recall,
    roc_auc,
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


RETRIEVAL = [
    (precision, metrics.precision_score),
    (recall, metrics.recall_score),
    (f1, metrics.f1_score),
    (functools.partial(f_beta, beta=2.0), functools.partial(metrics.fbeta_score, beta=2.0)),
    (iou, metrics.jaccard_score),
]


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("ours, theirs", RETRIEVAL)
def test_precision_recall_and_f1(ours, theirs, average):
    """The three averages over the classes, against class numbers and one-hot rows."""
    expected = theirs(LABELS, SCORES.argmax(1), average=average)

    assert expected == pytest.approx(ours(SCORES, LABELS, threshold=0.0, average=average))
    assert expected == pytest.approx(ours(SCORES, np.eye(4)[LABELS], threshold=0.0, average=average))


@pytest.mark.parametrize("ours, theirs", RETRIEVAL)
def test_precision_recall_and_f1_of_one_output(ours, theirs):
    """Those of class 1."""
    target = LABELS > 1

    found = ours(SCORES[:, :1], target[:, None].astype(np.float32), threshold=0.3, average="macro")

    assert theirs(target, SCORES[:, 0] > 0.3) == pytest.approx(found)


@pytest.mark.parametrize("ours, theirs", RETRIEVAL)
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_classes_that_are_absent(ours, theirs, average):
    """A class that is never predicted counts as 0, one that is nowhere does not count."""
    scores, labels = np.eye(4)[[0, 0, 2, 2]], np.array([0, 1, 2, 1])

    found = ours(scores, labels, threshold=0.0, average=average)

    assert theirs(labels, scores.argmax(1), average=average, zero_division=0) == pytest.approx(found)


def test_roc_auc():
    """With ties, for one output and for several."""
    target = RANDOM.integers(0, 2, SCORES.shape)
    rough = np.round(SCORES)

    assert metrics.roc_auc_score(target[:, 0], rough[:, 0]) == pytest.approx(roc_auc(rough[:, :1], target[:, 0]))
    assert metrics.roc_auc_score(target, rough) == pytest.approx(roc_auc(rough, target))


def test_average_precision():
    """With ties, for one output and for several."""
    target = RANDOM.integers(0, 2, SCORES.shape)
    rough = np.round(SCORES)

    assert metrics.average_precision_score(target[:, 0], rough[:, 0]) == pytest.approx(
        average_precision(rough[:, :1], target[:, 0])
    )
    assert metrics.average_precision_score(target, rough) == pytest.approx(average_precision(rough, target))


@pytest.mark.parametrize("metric", [average_precision, roc_auc])
def test_areas_need_both_classes(metric):
    """Of one class alone no order can be judged."""
    with pytest.raises(DataError, match="both classes"):
        metric(SCORES[:, 0], np.ones(50))


@pytest.mark.parametrize("target", [LABELS, np.eye(4, dtype=np.float32)[LABELS]])
def test_cross_entropy(target):
    """scikit-learn's log loss of the softmax."""
    powers = np.exp(np.float64(SCORES))

    expected = metrics.log_loss(LABELS, powers / powers.sum(1, keepdims=True))
    assert expected == pytest.approx(cross_entropy(SCORES, target), rel=1e-6)


def test_binary_cross_entropy():
    """scikit-learn's log loss of the logistic function; a logit of 1000 is no trouble."""
    target = RANDOM.integers(0, 2, 50)

    expected = metrics.log_loss(target, 1 / (1 + np.exp(-np.float64(SCORES[:, 0]))))
    assert expected == pytest.approx(binary_cross_entropy(SCORES[:, :1], target), rel=1e-6)
    assert 1000 == binary_cross_entropy(np.array([1000.0]), np.array([0]))


def test_correlations():
    """numpy's correlation; Lin's (1989) adds the offset and the scale; the mean over outputs."""
    target = (SCORES + RANDOM.normal(0.3, 1, SCORES.shape)).astype(np.float32)
    x, t = np.float64(SCORES), np.float64(target)

    pearson = [np.corrcoef(x[:, k], t[:, k])[0, 1] for k in range(4)]
    assert np.mean(pearson) == pytest.approx(pearson_correlation(SCORES, target))
    concordance = 2 * np.array(pearson) * x.std(0) * t.std(0) / (x.var(0) + t.var(0) + (x.mean(0) - t.mean(0)) ** 2)
    assert concordance.mean() == pytest.approx(concordance_correlation(SCORES, target))
    assert 0 == pearson_correlation(np.ones(50), LABELS) == concordance_correlation(np.ones(50), np.full(50, 1))


@pytest.mark.parametrize("axis", [-1, 1])
def test_cosine_similarity(axis):
    """The cosine of each row's angle; a row of zeros gives 0."""
    target = RANDOM.normal(size=SCORES.shape).astype(np.float32)

    expected = metrics.pairwise.paired_cosine_distances(SCORES, target)
    assert 1 - expected.mean() == pytest.approx(cosine_similarity(SCORES, target, axis=axis), rel=1e-5)
    assert 0 == cosine_similarity(np.zeros((2, 3)), np.ones((2, 3)), axis=axis)


@pytest.mark.parametrize("target", [LABELS, np.eye(4, dtype=np.float32)[LABELS]])
def test_perplexity(target):
    """exp of scikit-learn's log loss; 4 where all classes are alike."""
    powers = np.exp(np.float64(SCORES))

    expected = math.exp(metrics.log_loss(LABELS, powers / powers.sum(1, keepdims=True)))
    assert expected == pytest.approx(perplexity(SCORES, target), rel=1e-6)
    assert perplexity(np.zeros((50, 4), np.float32), target) == pytest.approx(4)


@pytest.mark.parametrize("shape", [(50, 1), (50, 4)])
def test_regression_scores(shape):
    """The share of the variance, and of the target, that the prediction misses."""
    prediction = SCORES[:, : shape[1]]
    target = (prediction + RANDOM.normal(0.3, 1, shape)).astype(np.float32)

    assert metrics.r2_score(target, prediction) == pytest.approx(r2_score(prediction, target), rel=1e-6)
    assert metrics.explained_variance_score(target, prediction) == pytest.approx(
        explained_variance(prediction, target), rel=1e-6
    )
    assert 100 * metrics.mean_absolute_percentage_error(target, prediction) == pytest.approx(
        mean_absolute_percentage_error(prediction, target), rel=1e-6
    )


def test_mean_squared_logarithmic_error():
    """scikit-learn's, of what is not below 0."""
    prediction, target = np.maximum(SCORES, 0), np.abs(SCORES[::-1])

    expected = metrics.mean_squared_log_error(target, prediction)
    assert expected == pytest.approx(mean_squared_logarithmic_error(SCORES, target), rel=1e-6)


@pytest.mark.parametrize("offset, expected", [(0.0, 1.0), (1.0, 0.0)])
def test_r2_of_a_constant_target(offset, expected):
    """As scikit-learn has it: 1 for a perfect prediction, else 0."""
    target = np.ones(5, np.float32)

    assert expected == r2_score(target + offset, target) == metrics.r2_score(target, target + offset)


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_squared_error(np.zeros((4, 2)), np.zeros((4, 3))),
        lambda: mean_absolute_error(np.zeros((4, 2)), np.zeros(4)),
        lambda: binary_accuracy(np.zeros((4, 2)), np.zeros((2, 4)), threshold=0.0),
        lambda: accuracy(np.zeros((4, 3)), np.zeros((4, 2)), threshold=0.0),
        lambda: top_k_accuracy(np.zeros((4, 3)), np.zeros(4, int), k=3),
        lambda: precision(np.zeros((4, 3)), np.zeros((4, 2)), threshold=0.0, average="macro"),
        lambda: roc_auc(np.zeros((4, 2)), np.zeros(4)),
        lambda: perplexity(np.zeros((4, 3)), np.zeros((4, 2))),
        lambda: cross_entropy(np.zeros((4, 3)), np.zeros((4, 2))),
        lambda: pearson_correlation(np.zeros((4, 2)), np.zeros(4)),
        lambda: iou(np.zeros((4, 3)), np.zeros((4, 2)), threshold=0.0, average="macro"),
        lambda: r2_score(np.zeros((4, 2)), np.zeros(4)),
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
        (precision, "higher"),
        (iou, "higher"),
        (cosine_similarity, "higher"),
        (cross_entropy, "lower"),
        (roc_auc, "higher"),
        (r2_score, "higher"),
        (perplexity, "lower"),
        (mean_absolute_error, "lower"),
        (mean_squared_error, "lower"),
        (root_mean_squared_error, "lower"),
    ],
)
def test_direction(metric, better):
    """Each metric says which way is up, for early stopping."""
    assert better == metric.options["better"]
