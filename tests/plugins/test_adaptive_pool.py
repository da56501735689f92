"""Adaptive pools and the Lp pool against sums and maxima in float64."""

from itertools import product

import numpy as np
import pytest
from declnet_conv.adaptive_avg_pool import adaptive_avg_pool
from declnet_conv.adaptive_max_pool import adaptive_max_pool
from declnet_conv.lp_pool import lp_pool

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)


def pooled(reduce, x, size):
    """Entry i of m reduces the entries from floor(i n / m) up to ceil((i + 1) n / m)."""
    axes = tuple(range(2, x.ndim))
    y = np.zeros((*x.shape[:2], *size))
    for place in product(*map(range, size)):
        window = [slice(i * n // m, -(-(i + 1) * n // m)) for i, n, m in zip(place, x.shape[2:], size)]
        y[(..., *place)] = reduce(x[(slice(None), slice(None), *window)].astype("float64"), axis=axes)
    return y


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((2, 3, 7), [1]),
        ((2, 3, 7), [3]),
        ((2, 3, 6), [6]),
        ((2, 3, 6, 8), [3, 2]),
        ((2, 3, 5, 7), [2, 5]),
        ((2, 2, 3, 4, 5), [2, 2, 1]),
    ],
)
@pytest.mark.parametrize(("layer", "reduce"), [(adaptive_avg_pool, np.mean), (adaptive_max_pool, np.max)])
def test_adaptive(layer, reduce, shape, size):
    """Windows share an entry where the sizes do not divide."""
    x = RANDOM.normal(size=shape).astype("float32")

    [y], _ = run_layer(layer, {"size": size}, [x])

    np.testing.assert_allclose(pooled(reduce, x, size), y, atol=1e-6)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_lp(p):
    """The p-norm of each window."""
    x = RANDOM.normal(size=(2, 3, 4, 6)).astype("float32")

    [y], _ = run_layer(lp_pool, {"size": 2, "p": p}, [x])

    powers = np.abs(x.astype("float64").reshape(2, 3, 2, 2, 3, 2)) ** p
    np.testing.assert_allclose(powers.sum((3, 5)) ** (1 / p), y, rtol=1e-5)


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "output"),
    [
        (adaptive_avg_pool, {"size": 1}, ("N", 2, 5, 3), ("N", 2, 1, 1)),
        (adaptive_avg_pool, {"size": [2, 3]}, ("N", 2, 4, 5), ("N", 2, 2, 3)),
        (adaptive_max_pool, {"size": 2}, ("N", 2, 4, 2), ("N", 2, 2, 2)),
        (adaptive_max_pool, {"size": [2, 3]}, ("N", 2, 3, 4), ("N", 2, 2, 3)),
        (lp_pool, {"size": 2}, ("N", 2, 4, 2), ("N", 2, 2, 1)),
        (lp_pool, {"size": 3, "stride": 2, "padding": "same", "p": 3}, ("N", 2, 5), ("N", 2, 3)),
    ],
)
def test_shapes_and_gradients(layer, properties, shape, output):
    """Shapes follow from the properties, the batch stays symbolic, gradients agree with differences."""
    check_layer(layer, properties, inputs=[shape], output=output)


@pytest.mark.parametrize(
    ("layer", "size", "message"),
    [
        (adaptive_avg_pool, [2, 2], r"size \[2, 2\] does not fit"),
        (adaptive_max_pool, 6, r"\[5\] entries cannot be pooled to \[6\]"),
    ],
)
def test_misfits_are_refused(layer, size, message):
    """What does not fit is refused, with what was found."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, {"size": size}, [np.zeros((1, 2, 5), "float32")])
