"""Normalization against float64 means and variances."""

import numpy as np
import pytest
from declnet_normalization.batch_norm import batch_norm
from declnet_normalization.rescale import rescale
from declnet_normalization.scale import scale
from declnet_normalization.standardize import standardize

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)
SHAPES = [("N", 3), ("N", 3, 4), ("N", 3, 4, 2), ("N", 3, 2, 2, 2)]


def normal(*shape):
    return (RANDOM.normal(size=shape) * 2 + 5).astype("float32")


def per_channel(values, rank):
    return np.reshape(values, (1, -1) + (1,) * (rank - 2))


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_shapes_and_gradients(shape):
    """Any number of axes after the channels; gradients flow through the statistics of the batch."""
    check_layer(batch_norm, {}, inputs=[shape], output=shape)


@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5), (4, 3, 5, 2), (2, 3, 2, 2, 2)])
def test_batch_norm_in_training(shape):
    """Training uses the mean and the population variance of the batch."""
    x, gain, offset = normal(*shape), normal(3), normal(3)

    [y], _ = run_layer(batch_norm, {"epsilon": 0.01}, [x], training=True, weights={"scale": gain, "bias": offset})

    axes = (0, *range(2, x.ndim))
    mean, variance = (f(x.astype("float64"), axis=axes, keepdims=True) for f in (np.mean, np.var))
    expected = (x - mean) / np.sqrt(variance + 0.01) * per_channel(gain, x.ndim) + per_channel(offset, x.ndim)
    np.testing.assert_allclose(expected, y, atol=1e-4)


def test_batch_norm_in_inference():
    """Inference uses the running statistics, whatever the batch is."""
    x, gain, offset, mean, variance = normal(4, 3, 5), normal(3), normal(3), normal(3), normal(3) ** 2
    weights = {"scale": gain, "bias": offset, "mean": mean, "variance": variance}

    [y], _ = run_layer(batch_norm, {}, [x], weights=weights)

    gain, offset, mean, variance = (per_channel(v.astype("float64"), 3) for v in (gain, offset, mean, variance))
    np.testing.assert_allclose((x - mean) / np.sqrt(variance + 0.001) * gain + offset, y, atol=1e-4)


def test_batch_norm_keeps_running_statistics():
    """A training step moves the running mean and (population) variance by the share 1 - momentum."""
    x, old_mean, old_variance = normal(4, 3, 5), normal(3), normal(3) ** 2
    before = {"mean": old_mean, "variance": old_variance}

    _, weights = run_layer(batch_norm, {"momentum": 0.9}, [x], training=True, weights=before)

    mean, variance = (f(x.astype("float64"), axis=(0, 2)) for f in (np.mean, np.var))
    np.testing.assert_allclose(0.9 * old_mean + 0.1 * mean, weights["mean_next"], rtol=1e-5)
    np.testing.assert_allclose(0.9 * old_variance + 0.1 * variance, weights["variance_next"], rtol=1e-5)


@pytest.mark.parametrize(("center", "scaled"), [(True, False), (False, True), (False, False)])
def test_batch_norm_without_weights(center, scaled):
    """Scale and bias are there only where they are asked for."""
    properties = {"center": center, "scale": scaled}
    without = ["bias"] * (not center) + ["scale"] * (not scaled)
    check_layer(batch_norm, properties, inputs=[("N", 3, 4)], output=("N", 3, 4), without=without)
    _, weights = run_layer(batch_norm, properties, [normal(4, 3)])

    expected = ["mean", "variance"] + ["bias"] * center + ["scale"] * scaled
    assert sorted(expected) == sorted(weights)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layer", [standardize, scale])
def test_fitted_shapes_and_gradients(layer, shape):
    """Fitted layers keep the shape and pass gradients on."""
    check_layer(layer, {}, inputs=[shape], output=shape)


@pytest.mark.parametrize(("axis", "axes"), [(1, (0, 2, 3)), (-1, (0, 1, 2)), (None, (0, 1, 2, 3))])
def test_standardize(axis, axes):
    """One mean and deviation per index of the axis, or one for all."""
    x = normal(5, 3, 4, 2)
    mean, deviation = (f(x, axis=axes, keepdims=True) for f in (np.mean, np.std))

    [y], _ = run_layer(standardize, {"axis": axis}, [x], weights={"mean": mean, "standard_deviation": deviation})

    np.testing.assert_allclose((x - mean.astype("float64")) / deviation, y, atol=1e-5)


def test_standardize_leaves_constants_finite():
    """A feature that is constant, or all but constant beside its size, is shifted only."""
    x = np.array([[7, 1e5, 0], [8, 1e5 + 1, 2]], "float32")
    fitted = {"mean": x[:1], "standard_deviation": np.array([[0, 1e-4, 0.5]])}

    [y], _ = run_layer(standardize, {}, [x], weights=fitted)

    np.testing.assert_allclose([[0, 0, 0], [1, 1, 4]], y)


@pytest.mark.parametrize("shape", [(6, 3), (6,), (4, 3, 2, 2)])
def test_scale_fitted(shape):
    """The smallest value of a feature or channel becomes 0 and the largest 1."""
    x = normal(*shape)
    axes = (0, *range(2, x.ndim))
    low, high = x.min(axes, keepdims=True), x.max(axes, keepdims=True)

    [y], _ = run_layer(scale, {}, [x], weights={"minimum": low, "maximum": high})

    np.testing.assert_allclose((x - low) / (high - low), y, atol=1e-6)


def test_scale_leaves_constants_finite():
    """A feature whose smallest value is its largest is shifted only."""
    x = np.array([[7, -7], [8, -7]], "float32")

    [y], _ = run_layer(scale, {}, [x], weights={"minimum": x[:1], "maximum": x[:1]})

    np.testing.assert_array_equal([[0, 0], [1, 0]], y)


def test_scale_given():
    """Bounds that are given need no data, and what lies outside is not cut off."""
    x = np.array([[-1, 0, 2, 4]], "float32")

    [y], _ = run_layer(scale, {"minimum": -1, "maximum": 3}, [x])

    np.testing.assert_allclose([[0, 0.25, 0.75, 1.25]], y, rtol=1e-6)


def test_rescale():
    """Bytes come out as floats from -1 to 1."""
    x = np.array([[0, 51], [255, 102]], "uint8")

    [y], _ = run_layer(rescale, {"factor": 2 / 255, "offset": -1}, [x])

    np.testing.assert_allclose([[-1, -0.6], [1, -0.2]], y, rtol=1e-6)


@pytest.mark.parametrize("properties", [{}, {"factor": 3}, {"offset": -1}])
def test_rescale_shapes_and_gradients(properties):
    """What is not given changes nothing."""
    check_layer(rescale, properties, inputs=[("N", 3, 4)], output=("N", 3, 4))


@pytest.mark.parametrize("layer", [scale, standardize])
def test_integers_become_floats(layer):
    """Pixels come as bytes."""
    x = np.array([[0, 51], [255, 102]], "uint8")
    fitted = {"mean": [[0]], "standard_deviation": [[255]], "minimum": [[0]], "maximum": [[255]]}

    [y], _ = run_layer(layer, {"axis": None}, [x], weights=fitted)

    np.testing.assert_allclose([[0, 0.2], [1, 0.4]], y, rtol=1e-6)


def test_scale_half_given():
    """One bound may be given and the other measured."""
    x = normal(20, 3)

    [y], _ = run_layer(scale, {"minimum": -1}, [x], weights={"maximum": x.max(0, keepdims=True)})

    np.testing.assert_allclose((x + 1) / (x.max(0) + 1), y, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "message"),
    [
        (batch_norm, {}, (4,), "axis of channels"),
        (standardize, {"axis": 0}, (4, 3), "1 to 1, -1 to -1, or null"),
        (scale, {"axis": 2}, (4, 3), "per index of axis 2"),
        (scale, {"minimum": 1, "maximum": 1}, (4, 3), "minimum must be below maximum"),
    ],
)
def test_misfits_are_refused(layer, properties, shape, message):
    """What does not fit is refused, with what was found."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32")])
