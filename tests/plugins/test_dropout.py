"""Dropout and noise: their share, mean and deviation, their repeatability."""

import numpy as np
import pytest
from declnet_dropout.alpha_dropout import alpha_dropout
from declnet_dropout.dropout import dropout
from declnet_dropout.gaussian_dropout import gaussian_dropout
from declnet_dropout.gaussian_noise import gaussian_noise
from declnet_dropout.spatial_dropout import spatial_dropout

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

ONES = np.ones((200, 100), "float32")
ALL = [
    (dropout, {"rate": 0.4}),
    (spatial_dropout, {"rate": 0.4}),
    (spatial_dropout, {"rate": 0.4, "axis": -1}),
    (gaussian_dropout, {"rate": 0.4}),
    (gaussian_noise, {"standard_deviation": 0.5}),
    (alpha_dropout, {"rate": 0.4}),
]


@pytest.mark.parametrize(("layer", "properties"), ALL)
def test_shapes_and_gradients(layer, properties):
    """The shape stays, and the gradient flows where the value was kept."""
    check_layer(layer, properties, inputs=[("N", 3, 4)], output=("N", 3, 4))


def test_share_and_mean():
    """A share of rate is silenced; the rest grows so that the mean stays."""
    [y], _ = run_layer(dropout, {"rate": 0.25}, [ONES], training=True)

    # 20,000 draws: six standard deviations of the share.
    assert abs(0.25 - np.mean(y == 0)) < 6 * np.sqrt(0.25 * 0.75 / y.size)
    np.testing.assert_allclose(1 / 0.75, y[y != 0], rtol=1e-6)


def test_masks_are_independent():
    """Neither rows nor columns share a mask."""
    [y], _ = run_layer(dropout, {"rate": 0.5}, [ONES], training=True)
    kept = y != 0

    assert ONES.shape[0] == len(np.unique(kept, axis=0))
    assert ONES.shape[1] == len(np.unique(kept, axis=1).T)


def test_repeatable():
    """The same seed and step give the same mask."""
    first, second = (run_layer(dropout, {"rate": 0.5}, [ONES], training=True)[0][0] for _ in range(2))

    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0, True)])
def test_nothing_happens(rate, training):
    """Nothing is silenced after training, nor at a rate of zero."""
    [y], _ = run_layer(dropout, {"rate": rate}, [ONES], training=training)

    np.testing.assert_array_equal(ONES, y)


@pytest.mark.parametrize(("layer", "properties"), ALL)
def test_inference_changes_nothing(layer, properties):
    """Once trained, the layer is gone."""
    x = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")

    [y], _ = run_layer(layer, properties, [x])

    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(("layer", "properties"), ALL)
def test_no_noise(layer, properties):
    """A strength of zero changes nothing."""
    properties = {key: value if key == "axis" else 0 for key, value in properties.items()}

    [y], _ = run_layer(layer, properties, [ONES], training=True)

    np.testing.assert_array_equal(ONES, y)


@pytest.mark.parametrize(("axis", "within"), [(1, (2, 3)), (-1, (1, 2))])
def test_spatial_dropout(axis, within):
    """A channel of a sample is dropped as a whole, or grows as a whole."""
    x = np.ones((80, 30, 4, 30), "float32")

    [y], _ = run_layer(spatial_dropout, {"rate": 0.25, "axis": axis}, [x], training=True)

    np.testing.assert_array_equal(y.min(within), y.max(within))
    np.testing.assert_allclose([0, 1 / 0.75], np.unique(y), rtol=1e-6)
    # 2400 draws: six standard deviations of the share.
    assert abs(0.25 - np.mean(y == 0)) < 6 * np.sqrt(0.25 * 0.75 / 2400)


def test_gaussian_dropout():
    """The factors have mean 1 and the variance of dropout's mask: rate / (1 - rate)."""
    [y], _ = run_layer(gaussian_dropout, {"rate": 0.2}, [ONES * 3], training=True)

    # 20,000 draws: six standard deviations of the mean, and of the deviation.
    assert abs(3 - y.mean()) < 6 * 1.5 / np.sqrt(y.size)
    assert abs(1.5 - y.std()) < 6 * 1.5 / np.sqrt(2 * y.size)


def test_gaussian_noise():
    """The noise has mean 0 and the given deviation, whatever the values are."""
    x = np.linspace(-9, 9, ONES.size, dtype="float32").reshape(ONES.shape)

    [y], _ = run_layer(gaussian_noise, {"standard_deviation": 0.5}, [x], training=True)

    assert abs(np.mean(y - x)) < 6 * 0.5 / np.sqrt(x.size)
    assert abs(0.5 - np.std(y - x)) < 6 * 0.5 / np.sqrt(2 * x.size)


def test_alpha_dropout():
    """Mean 0 and variance 1 stay, and what is dropped has one value: SELU's limit, scaled and shifted like the rest."""
    x = np.random.default_rng(0).normal(size=(400, 200)).astype("float32")
    x = (x - x.mean()) / x.std()

    [y], _ = run_layer(alpha_dropout, {"rate": 0.25}, [x], training=True)

    values, counts = np.unique(y, return_counts=True)
    limit = -1.0507009873554805 * 1.6732632423543772
    gain = (0.75 * (1 + 0.25 * limit**2)) ** -0.5
    assert abs(0.25 - counts.max() / x.size) < 6 * np.sqrt(0.25 * 0.75 / x.size)
    np.testing.assert_allclose(gain * limit * 0.75, values[counts.argmax()], rtol=1e-5)
    np.testing.assert_allclose([0, 1], [y.mean(), y.std()], atol=0.02)


@pytest.mark.parametrize(("shape", "axis"), [((2, 3), 0), ((2, 3), 2), ((2,), 1)])
def test_no_such_axis(shape, axis):
    """The channels stand on an axis after the batch."""
    with pytest.raises(DeclnetError, match=f"no axis {axis} of channels"):
        run_layer(spatial_dropout, {"rate": 0.5, "axis": axis}, [np.zeros(shape, "float32")])
