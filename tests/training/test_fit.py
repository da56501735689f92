"""Statistics fitted on the training split, against numpy in float64."""

import numpy as np

import declnet
from declnet.data import ArrayRows
from declnet.program import Program
from declnet.runtime import open_runtime
from declnet.training.fit import fit


def fitted(layers, shape, x):
    spec = declnet.load({"name": "net", "inputs": {"x": {"shape": list(shape)}}, "layers": layers})
    program = Program(spec)
    return fit(program, program.initial_weights(), ArrayRows({"x": x}), open_runtime())


def test_means_and_deviations_over_many_batches():
    """2,500 rows are more than one batch; a large mean does not spoil the deviation."""
    x = (1e4 + np.random.default_rng(0).standard_normal((2500, 3))).astype("float32")
    found = fitted([{"type": "standardize"}], (3,), x)

    assert np.allclose(x.astype("float64").mean(0), found["standardize_1/mean"].ravel(), rtol=1e-7)
    assert np.allclose(x.astype("float64").std(0), found["standardize_1/standard_deviation"].ravel(), rtol=1e-5)


def test_images_have_one_statistic_per_channel():
    x = np.random.default_rng(0).random((50, 2, 4, 4), "float32")
    found = fitted([{"type": "standardize"}], (2, 4, 4), x)

    assert np.allclose(x.mean((0, 2, 3), dtype="float64"), found["standardize_1/mean"].ravel(), rtol=1e-6)


def test_extremes():
    x = np.random.default_rng(0).random((50, 3), "float32")
    found = fitted([{"type": "scale"}], (3,), x)

    assert np.array_equal(x.min(0), found["scale_1/minimum"].ravel())
    assert np.array_equal(x.max(0), found["scale_1/maximum"].ravel())


def test_a_statistic_may_follow_another():
    """The second layer is fitted on what the first one, already fitted, gives."""
    x = (5 + 3 * np.random.default_rng(0).standard_normal((200, 3))).astype("float32")
    found = fitted([{"type": "scale"}, {"type": "standardize"}], (3,), x)
    scaled = (x.astype("float64") - x.min(0)) / (x.max(0) - x.min(0))

    assert np.allclose(scaled.mean(0), found["standardize_1/mean"].ravel(), rtol=1e-5)
