"""The losses beside cross entropy and mean errors, against float64 numpy and PyTorch; masks and weights."""

import numpy as np
import pytest
from declnet_loss import (
    binary_cross_entropy,
    binary_focal,
    categorical_hinge,
    circle,
    contrastive,
    cosine_similarity,
    cross_entropy,
    dice,
    focal,
    generalized_cross_entropy,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    squared_hinge,
    triplet,
    triplet_margin,
    tversky,
)

from declnet import DeclnetError
from declnet.testing import run_loss

RANDOM = np.random.default_rng(0)
PREDICTION = RANDOM.normal(0, 2, (5, 3)).astype(np.float32)
REAL = RANDOM.normal(0, 2, (5, 3)).astype(np.float32)
BINARY = RANDOM.integers(0, 2, (5, 3)).astype(np.float32)
COUNTS = RANDOM.poisson(2, (5, 3)).astype(np.float32)
CLASSES = np.array([0, 2, 1, 1, 0])
SHARES = RANDOM.dirichlet(np.ones(3), 5).astype(np.float32)
SHARES[0] = [1, 0, 0]
POSITIVE = np.abs(PREDICTION) + 0.1


def softmax(x):
    """Probabilities along axis 1, in float64."""
    powers = np.exp(np.asarray(x, np.float64))
    return powers / powers.sum(1, keepdims=True)


def logistic(x):
    """The logistic function, in float64."""
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def of_class(x, classes=CLASSES):
    """The column of each row's class."""
    return x[np.arange(len(x)), classes]


def without_class(x):
    """All columns but that of each row's class."""
    return np.array([np.delete(row, k) for row, k in zip(x, CLASSES)])


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


def reference_huber(x, delta):
    distance = np.abs(x - REAL)
    return np.where(distance <= delta, distance**2 / 2, delta * distance - delta**2 / 2).mean()


def reference_focal(x, gamma=2.0, weights=(1, 1, 1)):
    right = of_class(softmax(x))
    return np.mean(np.array(weights)[CLASSES] * -((1 - right) ** gamma) * np.log(right))


def reference_binary_focal(x, gamma=2.0, alpha=None):
    right = np.where(BINARY > 0, logistic(x), 1 - logistic(x))
    weight = 1 if alpha is None else np.where(BINARY > 0, alpha, 1 - alpha)
    return np.mean(weight * -((1 - right) ** gamma) * np.log(right))


def reference_divergence(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(SHARES > 0, SHARES * (np.log(np.float64(SHARES)) - np.log(softmax(x))), 0)
    return terms.sum(1).mean()


def reference_cosine(x, axis):
    product = (x * REAL).sum(axis) / np.sqrt((x**2).sum(axis) * (np.float64(REAL) ** 2).sum(axis))
    return -product.mean()


def reference_triplet(x, margin):
    terms = []
    for k, anchor in enumerate(x):
        distance = np.sqrt(((x - anchor) ** 2).sum(1))
        fellows = [distance[j] for j in range(len(x)) if j != k and CLASSES[j] == CLASSES[k]]
        others = [distance[j] for j in range(len(x)) if CLASSES[j] != CLASSES[k]]
        if fellows:
            terms.append(max(0, margin + max(fellows) - min(others)))
    return np.mean(terms)


def reference_circle(x, margin=0.4, gamma=80.0):
    rows, terms = x / np.linalg.norm(x, axis=1, keepdims=True), []
    for k, anchor in enumerate(rows):
        cosine = rows @ anchor
        fellows = [cosine[j] for j in range(len(x)) if j != k and CLASSES[j] == CLASSES[k]]
        others = [cosine[j] for j in range(len(x)) if CLASSES[j] != CLASSES[k]]
        near = sum(np.exp(-gamma * max(0, 1 + margin - s) * (s - 1 + margin)) for s in fellows)
        far = sum(np.exp(gamma * max(0, s + margin) * (s - margin)) for s in others)
        if fellows:
            terms.append(np.log1p(far * near))
    return np.mean(terms)


@pytest.mark.parametrize(
    "component, properties, prediction, target, reference",
    [
        (
            mean_absolute_percentage_error, {}, PREDICTION, REAL,
            lambda x: 100 * np.mean(np.abs((x - REAL) / REAL)),
        ),
        (
            mean_squared_logarithmic_error, {}, POSITIVE, COUNTS,
            lambda x: np.mean((np.log1p(x) - np.log1p(np.float64(COUNTS))) ** 2),
        ),
        (huber, {}, PREDICTION, REAL, lambda x: reference_huber(x, 1)),
        (huber, {"delta": 2.5}, PREDICTION, REAL, lambda x: reference_huber(x, 2.5)),
        (log_cosh, {}, PREDICTION, REAL, lambda x: np.mean(np.log(np.cosh(x - REAL)))),
        (kl_divergence, {}, PREDICTION, SHARES, reference_divergence),
        (poisson, {}, PREDICTION, COUNTS, lambda x: np.mean(np.exp(x) - COUNTS * x)),
        (poisson, {"log_rate": False}, POSITIVE, COUNTS, lambda x: np.mean(x - COUNTS * np.log(x))),
        (hinge, {}, PREDICTION, BINARY, lambda x: np.maximum(0, 1 - (2 * BINARY - 1) * x).mean()),
        (hinge, {}, PREDICTION, 2 * BINARY - 1, lambda x: np.maximum(0, 1 - (2 * BINARY - 1) * x).mean()),
        (squared_hinge, {}, PREDICTION, BINARY, lambda x: (np.maximum(0, 1 - (2 * BINARY - 1) * x) ** 2).mean()),
        (
            categorical_hinge, {"margin": 2.0}, PREDICTION, CLASSES,
            lambda x: np.maximum(0, 2 + without_class(x).max(1) - of_class(x)).mean(),
        ),
        (focal, {}, PREDICTION, CLASSES, reference_focal),
        (focal, {"gamma": 0.5, "class_weights": [1, 2, 3]}, PREDICTION, CLASSES,
            lambda x: reference_focal(x, 0.5, (1, 2, 3))),
        (binary_focal, {}, PREDICTION, BINARY, reference_binary_focal),
        (binary_focal, {"gamma": 1.5, "alpha": 0.25}, PREDICTION, BINARY,
            lambda x: reference_binary_focal(x, 1.5, 0.25)),
        (cosine_similarity, {}, PREDICTION, REAL, lambda x: reference_cosine(x, -1)),
        (triplet, {"margin": 3.0}, PREDICTION, CLASSES, lambda x: reference_triplet(x, 3.0)),
        (circle, {}, PREDICTION, CLASSES, reference_circle),
        (circle, {"margin": 0.25, "gamma": 4.0}, PREDICTION, CLASSES, lambda x: reference_circle(x, 0.25, 4.0)),
        (generalized_cross_entropy, {}, PREDICTION, CLASSES,
            lambda x: np.mean((1 - of_class(softmax(x)) ** 0.7) / 0.7)),
        (generalized_cross_entropy, {"q": 1.0}, PREDICTION, CLASSES, lambda x: np.mean(1 - of_class(softmax(x)))),
    ],
)  # fmt: skip
def test_loss(component, properties, prediction, target, reference):
    """Value and gradient are those of the definition in float64."""
    loss, gradient = run_loss(component, properties, prediction, target)

    assert loss == pytest.approx(reference(np.float64(prediction)), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(gradient, slope(reference, prediction), rtol=1e-4, atol=1e-5)


def picture(channels):
    """Logits, the target, and the target as one binary picture for each class."""
    logits = RANDOM.normal(size=(2, channels, 4, 3)).astype(np.float32)
    if channels == 1:
        target = here = RANDOM.integers(0, 2, logits.shape).astype(np.float32)
    else:
        target = RANDOM.integers(0, 3, (2, 4, 3))
        here = np.moveaxis(np.eye(3)[target], -1, 1)
    return logits, target, here


@pytest.mark.parametrize("channels", [1, 3])
def test_dice(channels):
    """One channel is the logistic function of a binary picture; several are the softmax of class numbers."""
    logits, target, here = picture(channels)

    def reference(x):
        probability = logistic(x) if channels == 1 else softmax(x)
        shared, total = (probability * here).sum((2, 3)), (probability + here).sum((2, 3))
        return np.mean(1 - (2 * shared + 0.5) / (total + 0.5))

    loss, gradient = run_loss(dice, {"smooth": 0.5}, logits, target)

    assert loss == pytest.approx(reference(logits), rel=1e-5)
    np.testing.assert_allclose(gradient, slope(reference, logits), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_tversky(channels):
    """alpha weighs false alarms and beta misses; both 1/2 is dice."""
    logits, target, here = picture(channels)

    def reference(x):
        probability = logistic(x) if channels == 1 else softmax(x)
        hits, alarms, misses = (
            part.sum((2, 3)) for part in (probability * here, probability * (1 - here), (1 - probability) * here)
        )
        return np.mean(1 - (hits + 2) / (hits + 0.2 * alarms + 0.9 * misses + 2))

    loss, gradient = run_loss(tversky, {"alpha": 0.2, "beta": 0.9, "smooth": 2.0}, logits, target)
    alike, _ = run_loss(tversky, {"alpha": 0.5, "beta": 0.5, "smooth": 0.25}, logits, target)

    assert loss == pytest.approx(reference(logits), rel=1e-5)
    np.testing.assert_allclose(gradient, slope(reference, logits), rtol=1e-4, atol=1e-6)
    assert alike == pytest.approx(run_loss(dice, {"smooth": 0.5}, logits, target)[0], rel=1e-6)


def test_huge_predictions():
    """At ±1000 no loss overflows and no gradient is NaN."""
    prediction, target = np.array([[1000.0], [-1000]], np.float32), np.array([[0.0], [1]], np.float32)

    for component in (huber, log_cosh, hinge, binary_focal):
        loss, gradient = run_loss(component, {}, prediction, target)
        assert loss == pytest.approx(1000, rel=2e-3)
        np.testing.assert_allclose(gradient, [[0.5], [-0.5]], rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_where_the_prediction_is_perfect(gamma):
    """Nothing is left to learn, and no slope is infinite."""
    logits = np.array([[200.0, -200.0]], np.float32)

    loss, gradient = run_loss(focal, {"gamma": gamma}, logits, np.array([0]))

    assert 0 == loss
    np.testing.assert_array_equal(np.zeros((1, 2)), gradient)


@pytest.mark.parametrize(
    "component, prediction, target",
    [
        (cosine_similarity, np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)),
        (triplet, np.zeros((4, 3), np.float32), np.array([0, 0, 1, 1])),
        (circle, np.zeros((4, 3), np.float32), np.array([0, 0, 1, 1])),
        (circle, np.zeros((2, 3), np.float32), np.array([0, 1])),
        (circle, np.ones((3, 3), np.float32), np.array([0, 0, 0])),
        (triplet, np.zeros((2, 3), np.float32), np.array([0, 1])),
        (triplet_margin, np.zeros((2, 3, 4), np.float32), None),
        (contrastive, np.zeros((2, 2, 4), np.float32), np.array([0, 1], np.float32)),
    ],
)
def test_embeddings_in_one_point(component, prediction, target):
    """Where a distance has no slope, or no row has a partner, the gradient is a number all the same."""
    loss, gradient = run_loss(component, {}, prediction, target)

    assert np.isfinite(loss) and np.isfinite(gradient).all()


def test_losses_agree_with_torch(torch):
    """PyTorch's losses, where it is installed: values and gradients."""
    functional = torch.nn.functional
    signs = torch.tensor(2 * BINARY - 1)
    triples, pairs = (RANDOM.normal(size=(5, k, 4)).astype(np.float32) for k in (3, 2))
    cases = [
        (huber, {"delta": 0.7}, PREDICTION, REAL, lambda x, t: functional.huber_loss(x, t, delta=0.7)),
        (kl_divergence, {}, PREDICTION, SHARES,
            lambda x, t: functional.kl_div(x.log_softmax(1), t, reduction="batchmean")),
        (poisson, {}, PREDICTION, COUNTS, lambda x, t: functional.poisson_nll_loss(x, t)),
        (poisson, {"log_rate": False}, POSITIVE, COUNTS,
            lambda x, t: functional.poisson_nll_loss(x, t, log_input=False)),
        (hinge, {}, PREDICTION, BINARY, lambda x, t: torch.clamp(1 - signs * x, min=0).mean()),
        (cosine_similarity, {}, PREDICTION, REAL, lambda x, t: -functional.cosine_similarity(x, t).mean()),
        (triplet_margin, {}, triples, None, lambda x, t: functional.triplet_margin_loss(*x.unbind(1))),
        (contrastive, {"margin": 3.0}, pairs, BINARY[:, 0],
            lambda x, t: torch.where(
                t > 0.5,
                (x[:, 0] - x[:, 1]).norm(dim=1) ** 2,
                torch.clamp(3.0 - (x[:, 0] - x[:, 1]).norm(dim=1), min=0) ** 2,
            ).mean()),
    ]  # fmt: skip
    for component, properties, prediction, target, function in cases:
        loss, gradient = run_loss(component, properties, prediction, target)
        point = torch.tensor(prediction, requires_grad=True)
        theirs = function(point, None if target is None else torch.tensor(target))
        theirs.backward()

        assert loss == pytest.approx(float(theirs.detach()), rel=1e-5), component
        np.testing.assert_allclose(gradient, point.grad.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "component, properties, shape, words",
    [
        (cosine_similarity, {"axis": 2}, (5, 3), ["axis", "1 to 1"]),
        (cosine_similarity, {"axis": 0}, (5, 3), ["axis"]),
        (triplet, {}, (5, 3, 2), ["(N, d)"]),
        (triplet_margin, {}, (5, 2, 4), ["(N, 3, d)"]),
        (contrastive, {}, (5, 4), ["(N, 2, d)"]),
        (circle, {}, (5, 3, 2), ["circle", "(N, d)"]),
        (dice, {}, (5, 3), ["dice", "positions"]),
        (tversky, {}, (5, 3), ["tversky", "positions"]),
        (generalized_cross_entropy, {}, (5, 1), ["generalized_cross_entropy", "at least 2"]),
        (focal, {"class_weights": [1, 2]}, (5, 3), ["2 weights", "3 weights"]),
        (kl_divergence, {}, (5,), ["kl_divergence", "(N, classes)"]),
        (categorical_hinge, {}, (5, 1), ["categorical_hinge", "at least 2"]),
    ],
)
def test_refusals(component, properties, shape, words):
    """A prediction that cannot be meant is refused with the shape that would do; what was found, its caller tells."""
    with pytest.raises(DeclnetError) as refusal:
        run_loss(component, properties, np.zeros(shape, np.float32), np.zeros(5, np.int64))

    assert [] == [word for word in words if word not in str(refusal.value)]


WEIGHT = np.array([0.5, 2, 0, 1, 1], np.float32)
MASK = np.array([True, True, False, True, False])


def test_sample_weight():
    """Each row counts as much as its weight says: the loss is the weighted mean."""
    loss, gradient = run_loss(mean_squared_error, {}, PREDICTION, REAL, sample_weight=WEIGHT)

    difference = np.float64(PREDICTION) - REAL
    assert loss == pytest.approx(np.average((difference**2).mean(1), weights=WEIGHT), rel=1e-5)
    np.testing.assert_allclose(gradient, 2 * difference / 3 * WEIGHT[:, None] / WEIGHT.sum(), rtol=1e-5)


def test_mask_of_rows():
    """Masked rows have no part in the loss, as if they were not there."""
    masked, gradient = run_loss(cross_entropy, {}, PREDICTION, CLASSES, mask=MASK)

    without, _ = run_loss(cross_entropy, {}, PREDICTION[MASK], CLASSES[MASK])
    assert without == pytest.approx(masked, rel=1e-6)
    np.testing.assert_array_equal(0, gradient[~MASK])


def test_mask_of_every_value():
    """A mask of the values' shape takes out single values."""
    mask = BINARY.astype(bool)

    loss, _ = run_loss(mean_absolute_error, {}, PREDICTION, REAL, mask=mask)

    assert loss == pytest.approx(np.abs(PREDICTION - REAL)[mask].mean(), rel=1e-5)


def test_mask_and_sample_weight_of_steps():
    """In a padded sequence the weight of a row counts for each of its steps that is not masked."""
    logits = RANDOM.normal(size=(3, 4, 6)).astype(np.float32)
    labels, mask = RANDOM.integers(0, 4, (3, 6)), np.arange(6) < np.array([[6], [2], [4]])
    weight = np.array([1, 3, 0.5], np.float32)

    loss, _ = run_loss(cross_entropy, {}, logits, labels, mask=mask, sample_weight=weight)

    surprise = -np.take_along_axis(np.log(softmax(logits)), labels[:, None], 1)[:, 0]
    assert loss == pytest.approx(np.average(surprise, weights=mask * weight[:, None]), rel=1e-5)


def test_class_weights_and_sample_weight():
    """Weights of classes and of rows multiply."""
    class_weights = np.array([0.5, 2, 1])

    loss, _ = run_loss(cross_entropy, {"class_weights": list(class_weights)}, PREDICTION, CLASSES, sample_weight=WEIGHT)

    surprise = -of_class(np.log(softmax(PREDICTION)))
    assert loss == pytest.approx(np.average(surprise, weights=WEIGHT * class_weights[CLASSES]), rel=1e-5)


def test_a_batch_that_is_masked_wholly():
    """It teaches nothing, rather than NaN."""
    loss, gradient = run_loss(binary_cross_entropy, {}, PREDICTION, BINARY, mask=np.zeros((5, 3), bool))

    assert 0 == loss
    np.testing.assert_array_equal(np.zeros((5, 3)), gradient)
