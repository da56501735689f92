"""Normalization of each sample by itself, against float64 means and variances."""

import numpy as np
import pytest
from declnet_normalization.group_norm import group_norm
from declnet_normalization.instance_norm import instance_norm
from declnet_normalization.layer_norm import layer_norm
from declnet_normalization.local_response_norm import local_response_norm
from declnet_normalization.rms_norm import rms_norm
from declnet_normalization.unit_norm import unit_norm

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return (RANDOM.normal(size=shape) * 2 + 5).astype("float32")


def normalized(x, axes, epsilon=0.001):
    x = x.astype("float64")
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def per_channel(values, rank):
    return np.reshape(values, (1, -1) + (1,) * (rank - 2))


@pytest.mark.parametrize(("axis", "axes"), [(-1, (3,)), (2, (2, 3)), (1, (1, 2, 3))])
def test_layer_norm(axis, axes):
    """All axes from the given one on are normalized; scale and bias are as large as they."""
    x = normal(2, 3, 4, 5)
    scale, bias = normal(*x.shape[axes[0] :]), normal(*x.shape[axes[0] :])

    [y], _ = run_layer(layer_norm, {"axis": axis}, [x], weights={"scale": scale, "bias": bias})

    np.testing.assert_allclose(normalized(x, axes) * scale.astype("float64") + bias, y, atol=1e-4)


def test_rms_norm():
    """The mean is not taken away."""
    x, scale = normal(2, 3, 4), normal(4)

    [y], _ = run_layer(rms_norm, {"epsilon": 0.1}, [x], weights={"scale": scale})

    wide = x.astype("float64")
    np.testing.assert_allclose(wide / np.sqrt((wide**2).mean(-1, keepdims=True) + 0.1) * scale, y, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 6), (3, 6, 4), (3, 6, 4, 2), (3, 6, 2, 2, 2)])
def test_group_norm(shape):
    """The channels of a group, and all their places, share mean and variance."""
    x, scale, bias = normal(*shape), normal(6), normal(6)

    [y], _ = run_layer(group_norm, {"groups": 2}, [x], weights={"scale": scale, "bias": bias})

    groups = normalized(x.reshape(3, 2, -1), 2).reshape(shape)
    np.testing.assert_allclose(groups * per_channel(scale, x.ndim) + per_channel(bias, x.ndim), y, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 2), (2, 4, 3, 2, 2)])
def test_instance_norm(shape):
    """Each channel of each sample has a mean and variance of its own."""
    x, scale, bias = normal(*shape), normal(4), normal(4)

    [y], _ = run_layer(instance_norm, {}, [x], weights={"scale": scale, "bias": bias})

    alone = normalized(x, tuple(range(2, x.ndim)))
    np.testing.assert_allclose(alone * per_channel(scale, x.ndim) + per_channel(bias, x.ndim), y, atol=1e-4)


def test_local_response_norm():
    """The formula of the AlexNet paper: a sum over neighbouring channels, of which those outside are zero."""
    x = normal(2, 7, 3, 2)
    properties = {"size": 5, "alpha": 5e-4, "beta": 0.75, "bias": 2}

    [y], _ = run_layer(local_response_norm, properties, [x])

    squares = np.pad(x.astype("float64") ** 2, [(0, 0), (2, 2), (0, 0), (0, 0)])
    sums = sum(squares[:, k : k + 7] for k in range(5))
    np.testing.assert_allclose(x / (2 + 1e-4 * sums) ** 0.75, y, rtol=1e-5)


@pytest.mark.parametrize(("axis", "axes"), [(-1, (2,)), ([1, 2], (1, 2))])
def test_unit_norm(axis, axes):
    """Lengths are 1, and a vector of zeros stays."""
    x = normal(3, 4, 5)
    x[0] = 0

    [y], _ = run_layer(unit_norm, {"axis": axis}, [x])

    np.testing.assert_allclose(x[1:] / np.sqrt((x[1:] ** 2).sum(axes, keepdims=True)), y[1:], rtol=1e-5)
    assert not y[0].any()


@pytest.mark.parametrize(
    ("layer", "properties", "shape"),
    [
        (layer_norm, {}, ("N", 5)),
        (layer_norm, {"axis": 1, "scale": False}, ("N", 3, 4)),
        (layer_norm, {"center": False}, ("N", 3, 4)),
        (rms_norm, {}, ("N", 3, 4)),
        (rms_norm, {"axis": 1, "scale": False}, ("N", 3, 4)),
        (group_norm, {"groups": 2}, ("N", 4)),
        (group_norm, {"groups": 2, "center": False}, ("N", 4, 3, 2)),
        (instance_norm, {}, ("N", 3, 4)),
        (instance_norm, {"scale": False, "center": False}, ("N", 3, 4, 2)),
        (local_response_norm, {"size": 3, "alpha": 0.5}, ("N", 4, 2, 2)),
        (unit_norm, {}, ("N", 5)),
        (unit_norm, {"axis": [1, 2]}, ("N", 5, 2)),
    ],
)
def test_shapes_and_gradients(layer, properties, shape):
    """The shape stays; gradients flow through the statistics."""
    without = ["bias"] * (not properties.get("center", True)) + ["scale"] * (not properties.get("scale", True))
    check_layer(layer, properties, inputs=[shape], output=shape, without=without)


@pytest.mark.parametrize(("center", "scale"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("layer", [layer_norm, group_norm, instance_norm])
def test_weights_only_where_asked_for(layer, center, scale):
    """Scale and bias are there only where they are asked for."""
    given = {"center": center, "scale": scale} | ({"groups": 2} if layer is group_norm else {})

    _, weights = run_layer(layer, given, [normal(2, 4, 3)])

    assert ["bias"] * center + ["scale"] * scale == sorted(weights)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "message"),
    [
        (layer_norm, {"axis": 0}, (2, 3), "no axis 0 after the batch"),
        (layer_norm, {}, (2,), "only the batch"),
        (rms_norm, {"axis": 3}, (2, 3, 4), "1 to 2, or -1 to -2"),
        (group_norm, {"groups": 3}, (2, 4, 5), r"groups \(3\) must divide the channels of the input \(4\)"),
        (group_norm, {"groups": 2}, (2,), "axis of channels"),
        (instance_norm, {}, (2, 3), "and axes after it"),
        (local_response_norm, {"size": 4}, (2, 6, 3, 3), "such as 3 or 5"),
        (unit_norm, {"axis": [1, -1]}, (2, 6), "names an axis twice"),
    ],
)
def test_misfits_are_refused(layer, properties, shape, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32")])
