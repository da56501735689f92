"""Convolutions and pools against direct sums in float64."""

from itertools import product
from operator import add

import numpy as np
import pytest
from declnet_conv.avg_pool import avg_pool
from declnet_conv.conv import conv
from declnet_conv.depthwise_conv import depthwise_conv
from declnet_conv.global_avg_pool import global_avg_pool
from declnet_conv.global_max_pool import global_max_pool
from declnet_conv.max_pool import max_pool

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def windows(x, size, stride, dilation, before, after, fill):
    """All windows in float64: an array (N, channels, *places, *size) of the padded input."""
    x = np.pad(x.astype("float64"), [(0, 0), (0, 0), *zip(before, after)], constant_values=fill)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    places = [range(0, n - r + 1, s) for n, r, s in zip(x.shape[2:], reach, stride)]
    inside = [range(0, r, d) for r, d in zip(reach, dilation)]
    found = [[x[(..., *map(add, place, step))] for step in product(*inside)] for place in product(*places)]
    return np.moveaxis(np.array(found), (0, 1), (2, 3)).reshape(*x.shape[:2], *map(len, places), *size)


def convolution(x, kernel, bias, stride, dilation, before, after, groups):
    """The sum over each window and each group of channels, filter by filter."""
    axes = x.ndim - 2
    seen = windows(x, kernel.shape[2:], stride, dilation, before, after, 0.0)
    per_group, filters = kernel.shape[1], len(kernel) // groups
    y = []
    for k, (weights, offset) in enumerate(zip(kernel, bias)):
        first = k // filters * per_group
        weights = weights.reshape(per_group, *[1] * axes, *weights.shape[1:])
        y.append((seen[:, first : first + per_group] * weights).sum((1, *range(-axes, 0))) + offset)
    return np.stack(y, axis=1)


def pooled(reduce, x, size, stride, before, after):
    """*reduce* over each window; padding is NaN, which the NaN-aware reductions leave out."""
    seen = windows(x, size, stride, [1] * len(size), before, after, np.nan)
    return reduce(seen, axis=tuple(range(-len(size), 0)))


def same(length, size, stride):
    """TensorFlow's published rule for padding "same": (before, after)."""
    total = max(size - stride, 0) if length % stride == 0 else max(size - length % stride, 0)
    return total // 2, total - total // 2


CONVOLUTIONS = {
    "valid": ((2, 3, 6, 5), (4, 3, 3, 2), {"kernel": [3, 2]}, [0, 0], [0, 0]),
    "stride": ((2, 3, 7, 6), (4, 3, 3, 3), {"kernel": 3, "stride": [2, 3]}, [0, 0], [0, 0]),
    "dilation": ((2, 3, 7, 8), (4, 3, 3, 2), {"kernel": [3, 2], "dilation": [2, 3]}, [0, 0], [0, 0]),
    "groups": ((2, 4, 5, 5), (6, 2, 3, 3), {"kernel": 3, "groups": 2}, [0, 0], [0, 0]),
    "one number of padding": ((2, 3, 4, 5), (4, 3, 3, 3), {"kernel": 3, "padding": 2}, [2, 2], [2, 2]),
    "padding per axis": ((2, 3, 4, 5), (4, 3, 3, 3), {"kernel": 3, "padding": [0, 2]}, [0, 2], [0, 2]),
    "padding per side": ((2, 3, 4, 5), (4, 3, 3, 3), {"kernel": 3, "padding": [0, 2, 1, 3]}, [0, 2], [1, 3]),
    "one axis": ((2, 3, 9), (4, 3, 4), {"kernel": 4, "stride": 2, "padding": [1, 2]}, [1], [2]),
    "three axes": ((2, 2, 4, 5, 3), (3, 2, 2, 3, 2), {"kernel": [2, 3, 2], "padding": [0, 1, 1]}, [0, 1, 1], [0, 1, 1]),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution(case):
    """A convolution is the sum over each window, for every form of its properties."""
    shape, kernel_shape, properties, before, after = CONVOLUTIONS[case]
    x, kernel, bias = normal(*shape), normal(*kernel_shape), normal(kernel_shape[0])
    axes = len(before)
    stride, dilation = (
        value if isinstance(value, list) else [value] * axes
        for value in (properties.get("stride", 1), properties.get("dilation", 1))
    )

    [y], _ = run_layer(conv, {"filters": len(kernel), **properties}, [x], weights={"kernel": kernel, "bias": bias})

    expected = convolution(x, kernel, bias, stride, dilation, before, after, properties.get("groups", 1))
    np.testing.assert_allclose(expected, y, atol=1e-5)


@pytest.mark.parametrize(
    ("length", "size", "stride"), [(7, 3, 1), (7, 4, 1), (7, 3, 2), (8, 3, 2), (5, 2, 3), (9, 5, 3)]
)
def test_same(length, size, stride):
    """Padding "same" gives ceil(length / stride) outputs, an odd zero standing at the end."""
    x, kernel = normal(2, 3, length), normal(4, 3, size)
    before, after = same(length, size, stride)
    properties = {"filters": 4, "kernel": size, "stride": stride, "padding": "same", "bias": False}

    [y], _ = run_layer(conv, properties, [x], weights={"kernel": kernel})

    assert (2, 4, -(-length // stride)) == y.shape
    np.testing.assert_allclose(convolution(x, kernel, [0] * 4, [stride], [1], [before], [after], 1), y, atol=1e-5)


def test_same_with_dilation():
    """A dilated window is as wide as it spans."""
    [y], _ = run_layer(conv, {"filters": 4, "kernel": 3, "dilation": 2, "padding": "same"}, [normal(2, 3, 7, 6)])

    assert (2, 4, 7, 6) == y.shape


def test_depthwise():
    """Each channel has filters of its own, multiplier of them."""
    x, kernel, bias = normal(2, 3, 5, 5), normal(6, 1, 3, 3), normal(6)

    [y], _ = run_layer(depthwise_conv, {"kernel": 3, "multiplier": 2}, [x], weights={"kernel": kernel, "bias": bias})

    np.testing.assert_allclose(convolution(x, kernel, bias, [1, 1], [1, 1], [0, 0], [0, 0], 3), y, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 2])
def test_first_weights(groups):
    """The bound of glorot_uniform counts the weights that a filter has and the filters that a channel reaches."""
    properties = {"filters": 8, "kernel": 5, "groups": groups}
    _, weights = run_layer(conv, properties, [normal(1, 4, 6, 6)])
    bound = np.sqrt(6 / (4 // groups * 25 + 8 // groups * 25))

    assert 0.9 * bound < np.abs(weights["kernel"]).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "output"),
    [
        (conv, {"filters": 4, "kernel": 3}, ("N", 2, 6), ("N", 4, 4)),
        (conv, {"filters": 4, "kernel": 3, "stride": 2, "padding": "same"}, ("N", 2, 5, 6), ("N", 4, 3, 3)),
        (conv, {"filters": 4, "kernel": [3, 2], "dilation": [2, 1], "padding": [1, 0]}, ("N", 2, 5, 4), ("N", 4, 3, 3)),
        (conv, {"filters": 4, "kernel": 3, "groups": 2, "bias": False}, ("N", 4, 5, 4), ("N", 4, 3, 2)),
        (conv, {"filters": 2, "kernel": 2}, ("N", 2, 3, 3, 3), ("N", 2, 2, 2, 2)),
        (depthwise_conv, {"kernel": 3, "multiplier": 2, "padding": "same"}, ("N", 2, 4, 4), ("N", 4, 4, 4)),
        (max_pool, {"size": 2}, ("N", 2, 4, 6), ("N", 2, 2, 3)),
        (max_pool, {"size": 3, "stride": 2, "padding": "same"}, ("N", 2, 5), ("N", 2, 3)),
        (avg_pool, {"size": 2}, ("N", 2, 4, 6), ("N", 2, 2, 3)),
        (avg_pool, {"size": 3, "stride": 2, "padding": "same"}, ("N", 2, 5, 6), ("N", 2, 3, 3)),
        (global_max_pool, {}, ("N", 3, 4, 5), ("N", 3)),
        (global_max_pool, {"keep_dims": True}, ("N", 3, 4), ("N", 3, 1)),
        (global_avg_pool, {}, ("N", 3, 4, 5), ("N", 3)),
        (global_avg_pool, {"keep_dims": True}, ("N", 3, 2, 2, 2), ("N", 3, 1, 1, 1)),
    ],
)
def test_shapes_and_gradients(layer, properties, shape, output):
    """Shapes follow from the input, the batch stays symbolic, gradients agree with differences."""
    without = [] if properties.get("bias", True) else ["bias"]
    check_layer(layer, properties, inputs=[shape], output=output, without=without)


POOLS = {
    "size alone": ((2, 3, 7, 6), {"size": [3, 2]}, [3, 2], [3, 2], [0, 0], [0, 0]),
    "overlapping": ((2, 3, 7, 6), {"size": 3, "stride": 2}, [3, 3], [2, 2], [0, 0], [0, 0]),
    "gaps": ((2, 3, 9), {"size": 2, "stride": 4}, [2], [4], [0], [0]),
    "same": ((2, 3, 7), {"size": 3, "stride": 2, "padding": "same"}, [3], [2], *([p] for p in same(7, 3, 2))),
    "explicit": ((2, 3, 4, 5), {"size": 2, "padding": [1, 0, 0, 1]}, [2, 2], [2, 2], [1, 0], [0, 1]),
    "three axes": ((2, 3, 4, 4, 4), {"size": 2, "stride": 1}, [2, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0]),
}


@pytest.mark.parametrize("case", POOLS)
@pytest.mark.parametrize(("layer", "reduce"), [(max_pool, np.nanmax), (avg_pool, np.nanmean)])
def test_pool(layer, reduce, case):
    """A pool reduces each window; padding neither wins a maximum nor counts in a mean."""
    shape, properties, size, stride, before, after = POOLS[case]
    # Below zero everywhere: a padding of zeros would win.
    x = normal(*shape) - 10

    [y], _ = run_layer(layer, properties, [x])

    np.testing.assert_allclose(pooled(reduce, x, size, stride, before, after), y, rtol=1e-5)


@pytest.mark.parametrize(("layer", "reduce"), [(global_max_pool, np.max), (global_avg_pool, np.mean)])
def test_global_pool(layer, reduce):
    """A global pool reduces all spatial axes."""
    x = normal(2, 3, 4, 5)

    [y], _ = run_layer(layer, {}, [x])

    np.testing.assert_allclose(reduce(x.astype("float64"), axis=(2, 3)), y, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "message"),
    [
        (conv, {"filters": 2, "kernel": 3}, (1, 5), "one to three spatial axes"),
        (conv, {"filters": 2, "kernel": 3}, (1, 2, 3, 3, 3, 3), "one to three spatial axes"),
        (conv, {"filters": 2, "kernel": [3, 3]}, (1, 3, 9), r"kernel \[3, 3\] does not fit.*\n.*list of 1"),
        (conv, {"filters": 2, "kernel": 3, "stride": [1, 1, 1]}, (1, 3, 9, 9), r"stride \[1, 1, 1\] does not fit"),
        (conv, {"filters": 2, "kernel": 3, "padding": [1, 1, 1]}, (1, 3, 9, 9), "list of 2 or 4"),
        (conv, {"filters": 2, "kernel": 5}, (1, 3, 4, 9), "more than the input"),
        (conv, {"filters": 4, "kernel": 1, "groups": 2}, (1, 3, 9), "a divisor of 1"),
        (conv, {"filters": 3, "kernel": 1, "groups": 2}, (1, 4, 9), r"groups \(2\) must divide"),
        (max_pool, {"size": 4}, (1, 3, 3, 9), "more than the input"),
        (avg_pool, {"size": 2, "padding": 2}, (1, 3, 8), "smaller than the window"),
        (global_avg_pool, {}, (1, 5), "one to three spatial axes"),
    ],
)
def test_misfits_are_refused(layer, properties, shape, message):
    """What does not fit is refused, with what was found and what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32")])
