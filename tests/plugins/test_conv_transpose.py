"""Transposed and separable convolutions against direct sums in float64."""

from itertools import product

import numpy as np
import pytest
from declnet_conv.conv_transpose import conv_transpose
from declnet_conv.separable_conv import separable_conv

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def spread(x, kernel, stride, dilation, groups=1):
    """Each value times the kernel, added up where its window lies: float64, nothing cut off."""
    x, kernel = x.astype("float64"), kernel.astype("float64")
    reach = [(k - 1) * d + 1 for k, d in zip(kernel.shape[2:], dilation)]
    grown = [(n - 1) * s + r for n, s, r in zip(x.shape[2:], stride, reach)]
    per_group, filters = x.shape[1] // groups, kernel.shape[1]
    y = np.zeros((len(x), filters * groups, *grown))
    for group, place in product(range(groups), product(*map(range, x.shape[2:]))):
        seen = x[(slice(None), slice(group * per_group, (group + 1) * per_group), *place)]
        added = np.einsum("nc,cf...->nf...", seen, kernel[group * per_group : (group + 1) * per_group])
        window = [slice(p * s, p * s + r, d) for p, s, r, d in zip(place, stride, reach, dilation)]
        y[(slice(None), slice(group * filters, (group + 1) * filters), *window)] += added
    return y


@pytest.mark.parametrize(
    ("shape", "kernel_shape", "properties", "stride", "dilation"),
    [
        ((2, 3, 5), (3, 4, 3), {"kernel": 3}, [1], [1]),
        ((2, 3, 4, 5), (3, 4, 3, 2), {"kernel": [3, 2], "stride": [2, 3]}, [2, 3], [1, 1]),
        ((2, 3, 4, 5), (3, 4, 3, 3), {"kernel": 3, "dilation": 2}, [1, 1], [2, 2]),
        ((2, 2, 2, 3, 2), (2, 3, 2, 2, 2), {"kernel": 2, "stride": 2}, [2, 2, 2], [1, 1, 1]),
    ],
)
def test_transposed(shape, kernel_shape, properties, stride, dilation):
    """Every value of the input reaches as far as the kernel does."""
    x, kernel, bias = normal(*shape), normal(*kernel_shape), normal(kernel_shape[1])

    [y], _ = run_layer(
        conv_transpose, {"filters": len(bias), **properties}, [x], weights={"kernel": kernel, "bias": bias}
    )

    expected = spread(x, kernel, stride, dilation) + bias.reshape(-1, *[1] * len(stride))
    np.testing.assert_allclose(expected, y, atol=1e-5)


def test_groups():
    """The channels of a group reach the filters of that group."""
    x, kernel = normal(2, 4, 5), normal(4, 3, 3)
    properties = {"filters": 6, "kernel": 3, "groups": 2, "bias": False}

    [y], _ = run_layer(conv_transpose, properties, [x], weights={"kernel": kernel})

    np.testing.assert_allclose(spread(x, kernel, [1], [1], groups=2), y, atol=1e-5)


def test_padding_and_output_padding():
    """Padding cuts entries off; output padding leaves some of those at the end."""
    x, kernel = normal(2, 3, 5), normal(3, 4, 5)
    properties = {"filters": 4, "kernel": 5, "stride": 2, "padding": [1, 3], "output_padding": 1, "bias": False}

    [y], _ = run_layer(conv_transpose, properties, [x], weights={"kernel": kernel})

    np.testing.assert_allclose(spread(x, kernel, [2], [1])[:, :, 1:-2], y, atol=1e-5)


@pytest.mark.parametrize(("size", "stride", "cut"), [(3, 2, (0, 1)), (5, 2, (1, 2)), (4, 2, (1, 1)), (2, 2, (0, 0))])
def test_same(size, stride, cut):
    """Padding "same" gives size * stride entries; the odd one is cut off at the end, as in Keras."""
    x, kernel = normal(2, 3, 5), normal(3, 4, size)
    properties = {"filters": 4, "kernel": size, "stride": stride, "padding": "same", "bias": False}

    [y], _ = run_layer(conv_transpose, properties, [x], weights={"kernel": kernel})

    whole = spread(x, kernel, [stride], [1])
    np.testing.assert_allclose(whole[:, :, cut[0] : whole.shape[2] - cut[1]], y, atol=1e-5)
    assert 5 * stride == y.shape[2]


def test_same_with_a_kernel_smaller_than_the_stride():
    """Entries that no window reaches hold the bias alone."""
    x, kernel = normal(2, 3, 4), normal(3, 2, 1)
    properties = {"filters": 2, "kernel": 1, "stride": 3, "padding": "same"}

    [y], _ = run_layer(conv_transpose, properties, [x], weights={"kernel": kernel, "bias": [1, 2]})

    assert (2, 2, 12) == y.shape
    np.testing.assert_array_equal(np.broadcast_to([[[1], [2]]], (2, 2, 4)), y[:, :, 1::3])


def test_separable():
    """Filters per channel, then a mix of the channels."""
    x, depthwise, pointwise = normal(2, 3, 6), normal(6, 1, 3), normal(5, 6, 1)
    weights = {"depthwise/kernel": depthwise, "pointwise/kernel": pointwise, "pointwise/bias": np.ones(5)}

    [y], held = run_layer(separable_conv, {"filters": 5, "kernel": 3, "multiplier": 2}, [x], weights=weights)

    seen = np.lib.stride_tricks.sliding_window_view(np.repeat(x.astype("float64"), 2, 1), 3, axis=2)
    filtered = np.einsum("nctk,ck->nct", seen, depthwise[:, 0])
    np.testing.assert_allclose(np.einsum("nct,fc->nft", filtered, pointwise[:, :, 0]) + 1, y, atol=1e-5)
    assert set(weights) == set(held)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "output"),
    [
        (conv_transpose, {"filters": 4, "kernel": 3}, ("N", 2, 6), ("N", 4, 8)),
        (conv_transpose, {"filters": 4, "kernel": 3, "stride": 2, "padding": "same"}, ("N", 2, 3, 2), ("N", 4, 6, 4)),
        (
            conv_transpose,
            {"filters": 4, "kernel": 3, "stride": 2, "padding": 1, "output_padding": [0, 1], "groups": 2},
            ("N", 2, 3, 2),
            ("N", 4, 5, 4),
        ),
        (conv_transpose, {"filters": 2, "kernel": 2, "stride": 2}, ("N", 2, 2, 2, 2), ("N", 2, 4, 4, 4)),
        (separable_conv, {"filters": 4, "kernel": 3, "padding": "same"}, ("N", 2, 4, 5), ("N", 4, 4, 5)),
    ],
)
def test_shapes_and_gradients(layer, properties, shape, output):
    """Shapes follow from the input, the batch stays symbolic, gradients agree with differences."""
    check_layer(layer, properties, inputs=[shape], output=output)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"groups": 2}, "a divisor of 1"),
        ({"kernel": [3, 3, 3]}, r"kernel \[3, 3, 3\] does not fit"),
        ({"output_padding": 1}, "smaller than the stride or the dilation"),
        ({"stride": 2, "padding": "same", "output_padding": 1}, "leaves no room"),
        ({"padding": 3}, r"nothing of the output: its sizes would be \[0, 1\]"),
        ({"padding": [1, 2, 3]}, "list of 2 or 4"),
    ],
)
def test_misfits_are_refused(properties, message):
    """What does not fit is refused, with what was found and what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(conv_transpose, {"filters": 4, "kernel": 3, **properties}, [np.zeros((1, 3, 4, 5), "float32")])
