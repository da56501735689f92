"""Losses against float64 numpy, by their definitions; gradients against central differences."""

import numpy as np
import pytest
from declnet_loss import binary_cross_entropy, cross_entropy, mean_absolute_error, mean_squared_error

from declnet import DeclnetError
from declnet.testing import run_loss

LOGITS = np.random.default_rng(0).normal(0, 3, (6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 1, 2, 0])
WEIGHTS = [0.5, 2.0, 1.0, 0.25]


def reference_cross_entropy(logits, target, smoothing=0.0, weights=None):
    """The definition, with the targets as probabilities of the logits' shape, in float64."""
    logits = np.asarray(logits, np.float64)
    classes = logits.shape[1]
    along = (1, classes, *[1] * (logits.ndim - 2))
    weights = np.reshape(np.ones(classes) if weights is None else weights, along)
    log_probability = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    smooth = target * (1 - smoothing) + smoothing / classes
    return -(smooth * weights * log_probability).sum() / (target * weights).sum()


def reference_binary(logits, target, smoothing=0.0, positive=1.0):
    """The definition in float64."""
    probability = 1 / (1 + np.exp(-np.asarray(logits, np.float64)))
    target = target * (1 - smoothing) + smoothing / 2
    return -np.mean(positive * target * np.log(probability) + (1 - target) * np.log(1 - probability))


def slope(function, point, step=1e-5):
    """The gradient of a float64 function of an array by central differences."""
    point = np.asarray(point, np.float64)
    result = np.empty_like(point)
    for index in np.ndindex(point.shape):
        ahead, behind = point.copy(), point.copy()
        ahead[index] += step
        behind[index] -= step
        result[index] = (function(ahead) - function(behind)) / (2 * step)
    return result


def one_hot(labels, classes):
    """One-hot rows, with the classes along axis 1."""
    return np.moveaxis(np.eye(classes)[labels], -1, 1)


def assert_agrees(component, properties, prediction, target, reference):
    """Loss and gradient of the component are those of the reference, a function of the prediction."""
    loss, gradient = run_loss(component, properties, prediction, target)

    assert loss == pytest.approx(reference(prediction), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(gradient, slope(reference, prediction), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows", [False, True])
def test_cross_entropy(rows, smoothing, weights):
    """Class numbers and one-hot rows give the same loss, with every property."""
    target = one_hot(LABELS, 4)
    properties = {"one_hot": rows, "label_smoothing": smoothing, "class_weights": weights}

    assert_agrees(
        cross_entropy,
        properties,
        LOGITS,
        target.astype(np.float32) if rows else LABELS,
        lambda logits: reference_cross_entropy(logits, target, smoothing, weights),
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("rows", [False, True])
def test_cross_entropy_of_every_pixel(rows, weights):
    """Axes after the classes are positions, each with a class of its own."""
    random = np.random.default_rng(1)
    logits = random.normal(size=(2, 4, 3, 2)).astype(np.float32)
    labels = random.integers(0, 4, (2, 3, 2))
    target = one_hot(labels, 4)

    assert_agrees(
        cross_entropy,
        {"one_hot": rows, "class_weights": weights},
        logits,
        target.astype(np.float32) if rows else labels,
        lambda point: reference_cross_entropy(point, target, weights=weights),
    )


def test_cross_entropy_with_probabilities():
    """Targets may be distributions over the classes."""
    target = np.random.default_rng(2).dirichlet(np.ones(4), 6).astype(np.float32)

    assert_agrees(
        cross_entropy, {"one_hot": True}, LOGITS, target, lambda logits: reference_cross_entropy(logits, target)
    )


def test_cross_entropy_of_huge_logits():
    """Logits of ±1000 overflow nowhere: the loss of a certain mistake is the difference of the logits."""
    logits = np.array([[1000, -1000, 0], [-1000, 1000, 0]], np.float32)

    loss, gradient = run_loss(cross_entropy, {}, logits, np.array([1, 1]))

    assert 1000.0 == loss
    np.testing.assert_array_equal([[0.5, -0.5, 0], [0, 0, 0]], gradient)


def test_cross_entropy_of_a_forbidden_class():
    """A logit of minus infinity takes a class out of the choice."""
    logits = np.array([[1, 1, -np.inf]], np.float32)

    loss, gradient = run_loss(cross_entropy, {}, logits, np.array([0]))

    assert loss == pytest.approx(np.log(2))
    np.testing.assert_allclose(gradient, [[-0.5, 0.5, 0]], rtol=1e-6)


def test_cross_entropy_of_a_batch_without_weight():
    """A batch with nothing but classes of weight 0 teaches nothing, rather than NaN."""
    loss, gradient = run_loss(cross_entropy, {"class_weights": [0, 1, 1, 1]}, LOGITS[:2], np.array([0, 0]))

    assert loss == 0
    np.testing.assert_array_equal(np.zeros((2, 4)), gradient)


@pytest.mark.parametrize(
    "shape, properties, words",
    [
        ((5,), {}, ["along axis 1", "(N, classes)"]),
        ((5, 1), {}, ["single class", "binary_cross_entropy"]),
        ((5, 3), {"class_weights": [1, 2]}, ["2 weights", "3 weights"]),
    ],
)
def test_cross_entropy_refuses(shape, properties, words):
    """What cannot be right is said with the shape of the prediction and the way out."""
    with pytest.raises(DeclnetError) as refusal:
        run_loss(cross_entropy, properties, np.zeros(shape, np.float32), np.zeros(5, np.int64))

    assert [] == [word for word in words if word not in str(refusal.value)]


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("positive", [None, 3.0])
def test_binary_cross_entropy(positive, smoothing):
    """Logits and targets of one shape, with every property."""
    target = np.random.default_rng(3).integers(0, 2, LOGITS.shape).astype(np.float32)

    assert_agrees(
        binary_cross_entropy,
        {"label_smoothing": smoothing, "positive_weight": positive},
        LOGITS,
        target,
        lambda logits: reference_binary(logits, target, smoothing, positive or 1.0),
    )


@pytest.mark.parametrize("positive", [None, 2.0])
def test_binary_cross_entropy_of_huge_logits(positive):
    """At ±1000 the loss is a straight line or 0, and so is its gradient."""
    logits = np.array([[1000], [-1000], [1000], [-1000]], np.float32)
    target = np.array([[1], [0], [0], [1]], np.float32)
    weight = positive or 1.0

    loss, gradient = run_loss(binary_cross_entropy, {"positive_weight": positive}, logits, target)

    assert (1000 + weight * 1000) / 4 == loss
    np.testing.assert_allclose(gradient, [[0], [0], [0.25], [-0.25 * weight]], atol=1e-7)


def test_mean_errors():
    """The mean squared and the mean absolute error of a batch."""
    prediction = np.array([[1, 2], [3, 5]], np.float32)
    target = np.array([[1, 0], [4, 1]], np.float32)

    squared, squared_gradient = run_loss(mean_squared_error, {}, prediction, target)
    absolute, absolute_gradient = run_loss(mean_absolute_error, {}, prediction, target)

    assert (0 + 4 + 1 + 16) / 4 == squared
    assert (0 + 2 + 1 + 4) / 4 == absolute
    np.testing.assert_array_equal([[0, 1], [-0.5, 2]], squared_gradient)
    np.testing.assert_array_equal([[0, 0.25], [-0.25, 0.25]], absolute_gradient)


def test_losses_agree_with_torch(torch):
    """PyTorch's losses, where it is installed: values and gradients."""
    functional, weights = torch.nn.functional, torch.tensor(WEIGHTS)
    yes, real = one_hot(LABELS, 4).astype(np.float32), LOGITS[::-1].copy()
    cases = [
        (cross_entropy, {}, LABELS, functional.cross_entropy),
        (cross_entropy, {"class_weights": WEIGHTS, "label_smoothing": 0.1}, LABELS,
            lambda x, t: functional.cross_entropy(x, t, weight=weights, label_smoothing=0.1)),
        (cross_entropy, {"one_hot": True}, yes, functional.cross_entropy),
        (binary_cross_entropy, {}, yes, functional.binary_cross_entropy_with_logits),
        (binary_cross_entropy, {"positive_weight": 3.0}, yes,
            lambda x, t: functional.binary_cross_entropy_with_logits(x, t, pos_weight=torch.tensor(3.0))),
        (mean_squared_error, {}, real, functional.mse_loss),
        (mean_absolute_error, {}, real, functional.l1_loss),
    ]  # fmt: skip
    for component, properties, target, function in cases:
        loss, gradient = run_loss(component, properties, LOGITS, target)
        point = torch.tensor(LOGITS, requires_grad=True)
        theirs = function(point, torch.tensor(target))
        theirs.backward()

        assert loss == pytest.approx(float(theirs.detach()), rel=1e-5), component
        np.testing.assert_allclose(gradient, point.grad.numpy(), rtol=1e-4, atol=1e-6)
