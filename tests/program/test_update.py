"""The update of the parameters: constraints hold after every step, with both forms of the training graphs."""

import numpy as np
import pytest

import declnet

RANDOM = np.random.default_rng(0)
DATA = {"x": RANDOM.normal(size=(20, 1, 6)).astype(np.float32), "y": RANDOM.normal(0, 9, (20, 3)).astype(np.float32)}


def trained(constraint, optimizer="adam", **conv):
    spec = {
        "name": "bounded",
        "inputs": {"x": {"shape": [1, 6]}},
        "layers": [
            {"type": "conv", "name": "conv", "filters": 2, "kernel": 3, "kernel_constraint": constraint, **conv},
            {"type": "flatten"},
            {"type": "dense", "name": "out", "units": 3, "kernel_constraint": constraint},
        ],
        "training": {
            "loss": {"type": "mean_squared_error", "target": "y"},
            "optimizer": {"type": optimizer, "learning_rate": 0.1},
            "epochs": 3,
            "batch_size": 5,
        },
    }
    return declnet.train(spec, data={"train": DATA}).weights


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
def test_max_norm(optimizer):
    """The incoming weights of every unit are no longer than the limit, however strong the pull."""
    weights = trained({"type": "max_norm", "limit": 0.5}, optimizer)

    assert np.linalg.norm(weights["out/kernel"], axis=0).max() <= 0.5 + 1e-6
    assert np.sqrt(np.square(weights["conv/kernel"]).sum((1, 2))).max() <= 0.5 + 1e-6


def test_non_negative():
    """No weight is below 0; without the constraint some are."""
    assert trained("non_negative")["out/kernel"].min() >= 0
    assert trained(None)["out/kernel"].min() < 0


def test_a_constraint_that_does_not_fit():
    """It is refused with the weight's shape, before the first step."""
    with pytest.raises(declnet.SpecError, match="no such axes") as refusal:
        trained({"type": "max_norm", "axes": [2]}, kernel_regularizer="l2")

    (mistake,) = refusal.value.diagnostics
    assert ("/layers/2/kernel_constraint", "axes [2]") == (mistake.pointer, mistake.found)
