"""Layers that lengthen, cut or fold spatial axes, against numpy."""

import numpy as np
import pytest
from declnet_conv.crop import crop
from declnet_conv.depth_to_space import depth_to_space
from declnet_conv.resize import resize
from declnet_conv.space_to_depth import space_to_depth
from declnet_conv.up_sample import up_sample
from declnet_conv.zero_pad import zero_pad

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

X = np.arange(2 * 4 * 4 * 6, dtype="float32").reshape(2, 4, 4, 6)


def folded(x, block, order):
    """TensorFlow's definition: split both spatial axes, and bring the inner halves to the channels."""
    n, c, h, w = x.shape
    split = x.reshape(n, c, h // block, block, w // block, block)
    axes = (0, 3, 5, 1, 2, 4) if order == "DCR" else (0, 1, 3, 5, 2, 4)
    return split.transpose(axes).reshape(n, c * block**2, h // block, w // block)


def interpolated(x, size, axis):
    """Linear interpolation between the centres of the pixels; outside of them the last pixel counts."""
    length = x.shape[axis]
    centres = (np.arange(size) + 0.5) * length / size - 0.5
    return np.apply_along_axis(lambda row: np.interp(centres, np.arange(length), row), axis, x.astype("float64"))


@pytest.mark.parametrize(
    ("layer", "properties", "x", "expected"),
    [
        (up_sample, {"size": 2}, X, X.repeat(2, 2).repeat(2, 3)),
        (up_sample, {"size": [1, 3]}, X, X.repeat(3, 3)),
        (up_sample, {"size": 3}, X[:, 0], X[:, 0].repeat(3, 2)),
        (zero_pad, {"padding": 1}, X, np.pad(X, [(0, 0), (0, 0), (1, 1), (1, 1)])),
        (zero_pad, {"padding": [0, 2]}, X, np.pad(X, [(0, 0), (0, 0), (0, 0), (2, 2)])),
        (zero_pad, {"padding": [0, 2, 3, 1]}, X, np.pad(X, [(0, 0), (0, 0), (0, 3), (2, 1)])),
        (crop, {"cropping": 1}, X, X[:, :, 1:-1, 1:-1]),
        (crop, {"cropping": [0, 2]}, X, X[:, :, :, 2:-2]),
        (crop, {"cropping": [0, 2, 3, 1]}, X, X[:, :, :1, 2:5]),
        (space_to_depth, {"block_size": 2}, X, folded(X, 2, "DCR")),
        (space_to_depth, {"block_size": 2, "mode": "CRD"}, X, folded(X, 2, "CRD")),
        (depth_to_space, {"block_size": 2}, folded(X, 2, "DCR"), X),
        (depth_to_space, {"block_size": 2, "mode": "CRD"}, folded(X, 2, "CRD"), X),
    ],
)
def test_values(layer, properties, x, expected):
    """Values are moved, and nothing else."""
    [y], _ = run_layer(layer, properties, [x])

    np.testing.assert_array_equal(expected, y)


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5), (2, 1, 2, 3, 2)])
def test_linear_interpolation(shape):
    """The linear interpolation of several axes is that of one after the other."""
    x = np.random.default_rng(0).normal(size=shape).astype("float32")

    [y], _ = run_layer(up_sample, {"size": 2, "interpolation": "linear"}, [x])

    expected = x
    for axis in range(2, x.ndim):
        expected = interpolated(expected, 2 * x.shape[axis], axis)
    np.testing.assert_allclose(expected, y, atol=1e-5)


@pytest.mark.parametrize(("shape", "size"), [((2, 3, 5), [8]), ((2, 3, 6, 5), [4, 9]), ((2, 1, 2, 3, 4), [3, 3, 3])])
def test_resize(shape, size):
    """Any size is reached, larger or smaller."""
    x = np.random.default_rng(0).normal(size=shape).astype("float32")

    [y], _ = run_layer(resize, {"size": size}, [x])

    expected = x
    for axis, length in enumerate(size, start=2):
        expected = interpolated(expected, length, axis)
    np.testing.assert_allclose(expected, y, atol=1e-5)


def test_resize_to_nearest():
    """The pixel whose centre is nearest is taken: here those at 0.25, 1.75, 3.25 and 4.75."""
    [y], _ = run_layer(resize, {"size": [4, 4], "interpolation": "nearest"}, [X])

    np.testing.assert_array_equal(X[:, :, :, [0, 2, 3, 5]], y)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "output"),
    [
        (up_sample, {"size": [2, 3]}, ("N", 2, 3, 2), ("N", 2, 6, 6)),
        (up_sample, {"size": 2}, ("N", 2, 2, 1, 2), ("N", 2, 4, 2, 4)),
        (up_sample, {"size": [2, 3], "interpolation": "linear"}, ("N", 2, 3, 2), ("N", 2, 6, 6)),
        (resize, {"size": [5, 3]}, ("N", 2, 3, 4), ("N", 2, 5, 3)),
        (resize, {"size": 4, "interpolation": "nearest"}, ("N", 2, 3, 6), ("N", 2, 4, 4)),
        (resize, {"size": 3}, ("N", 1, 2, 4, 3), ("N", 1, 3, 3, 3)),
        (zero_pad, {"padding": [1, 0, 2, 1]}, ("N", 2, 3, 4), ("N", 2, 6, 5)),
        (crop, {"cropping": [1, 0, 2, 1]}, ("N", 2, 5, 4), ("N", 2, 2, 3)),
        (space_to_depth, {"block_size": 2}, ("N", 1, 4, 6), ("N", 4, 2, 3)),
        (space_to_depth, {"block_size": 2, "mode": "CRD"}, ("N", 3, 2, 4), ("N", 12, 1, 2)),
        (depth_to_space, {"block_size": 2}, ("N", 4, 2, 3), ("N", 1, 4, 6)),
        (depth_to_space, {"block_size": 2, "mode": "CRD"}, ("N", 8, 1, 2), ("N", 2, 2, 4)),
    ],
)
def test_shapes_and_gradients(layer, properties, shape, output):
    """Shapes follow from the input, the batch stays symbolic, gradients agree with differences."""
    check_layer(layer, properties, inputs=[shape], output=output)


@pytest.mark.parametrize(
    ("layer", "properties", "message"),
    [
        (up_sample, {"size": [2, 2, 2]}, r"size \[2, 2, 2\] does not fit"),
        (zero_pad, {"padding": [1, 2, 3]}, "list of 2 or 4"),
        (crop, {"cropping": [2, 0]}, r"\[2, 0, 2, 0\] leaves nothing"),
        (space_to_depth, {"block_size": 3}, "blocks of 3 do not divide an image of 4 x 6"),
        (depth_to_space, {"block_size": 3}, "do not divide 4 channels"),
    ],
)
def test_misfits_are_refused(layer, properties, message):
    """What does not fit is refused, with what was found and what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [X])


def test_blocks_need_images():
    """Only an image has square blocks."""
    with pytest.raises(DeclnetError, match="takes images"):
        run_layer(space_to_depth, {"block_size": 2}, [X[:, 0]])
