"""Connectionist temporal classification, against the sum over all ways and against PyTorch."""

import itertools

import numpy as np
import pytest
from declnet_loss import ctc

from declnet import DeclnetError
from declnet.testing import run_loss

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(0, 2, (4, 3, 4)).astype(np.float32)
# Two labels, a repeated label, one label, none.
LABELS = np.array([[1, 2], [2, 2], [1, 0], [0, 0]])


def read(path):
    """The labels that a way through the steps spells: repetitions are one, blanks are none."""
    return [label for label, _ in itertools.groupby(path) if label]


def surprise(logits, labels):
    """-log of the sum of the probabilities of all ways that spell *labels*, for one row, in float64."""
    powers = np.exp(np.float64(logits))
    probability = powers / powers.sum(0)
    wanted = [label for label in labels if label]
    ways = (way for way in itertools.product(range(len(logits)), repeat=logits.shape[1]) if read(way) == wanted)
    return -np.log(sum(np.prod(probability[list(way), range(logits.shape[1])]) for way in ways))


def reference(logits):
    return np.mean([surprise(row, labels) for row, labels in zip(logits, LABELS)])


def test_all_ways():
    """Repeated labels need a blank between them; a row may have no label."""
    loss, gradient = run_loss(ctc, {"labels": 2}, LOGITS, LABELS)

    slope = np.zeros_like(LOGITS, np.float64)
    for index in np.ndindex(LOGITS.shape):
        ahead, behind = LOGITS.astype(np.float64), LOGITS.astype(np.float64)
        ahead[index] += 1e-5
        behind[index] -= 1e-5
        slope[index] = (reference(ahead) - reference(behind)) / 2e-5
    assert loss == pytest.approx(reference(LOGITS), rel=1e-5)
    np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-6)


def test_labels_that_do_not_fit():
    """Twice the same label needs three steps: a row that has but two does not count."""
    loss, gradient = run_loss(ctc, {"labels": 2}, LOGITS[:2, :, :2], LABELS[:2])

    assert loss == pytest.approx(surprise(LOGITS[0, :, :2], LABELS[0]), rel=1e-5)
    np.testing.assert_array_equal(np.zeros((3, 2)), gradient[1])


def test_one_step():
    """It has room for one label."""
    loss, _ = run_loss(ctc, {"labels": 1}, LOGITS[:, :, :1], LABELS[:, :1])

    assert loss == pytest.approx(np.mean([surprise(row[:, :1], [k]) for row, k in zip(LOGITS, LABELS[:, 0])]), rel=1e-5)


def test_long_sequences_agree_with_torch(torch):
    """Values and gradients of PyTorch's loss, where it is installed, at huge logits too."""
    logits = RANDOM.normal(0, 8, (3, 6, 60)).astype(np.float32)
    labels = RANDOM.integers(1, 6, (3, 12))
    labels[1, 7:] = 0
    point = torch.tensor(logits, requires_grad=True)
    lengths = torch.tensor((labels > 0).sum(1))
    steps = torch.full((3,), 60)
    scores = point.log_softmax(1).permute(2, 0, 1)
    theirs = torch.nn.functional.ctc_loss(scores, torch.tensor(labels), steps, lengths, reduction="none").mean()
    theirs.backward()

    loss, gradient = run_loss(ctc, {"labels": 12}, logits, labels)

    assert loss == pytest.approx(float(theirs.detach()), rel=1e-5)
    np.testing.assert_allclose(gradient, point.grad.numpy(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1), (4, 3, 5, 5)])
def test_refusals(shape):
    """There is one axis of steps, with a step for each label."""
    with pytest.raises(DeclnetError, match="at least one step for each label"):
        run_loss(ctc, {"labels": 2}, np.zeros(shape, np.float32), LABELS)
