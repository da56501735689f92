"""Dense layers against float64 matrix products."""

import numpy as np
import pytest
from declnet_dense.dense import dense

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [("N", 5), ("N", 4, 5), ("N", 3, 4, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_shapes_and_gradients(shape, bias):
    """The last axis becomes units long; every axis before it stays."""
    without = [] if bias else ["bias"]
    check_layer(dense, {"units": 6, "bias": bias}, inputs=[shape], output=(*shape[:-1], 6), without=without)


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 5)])
def test_values(shape):
    """The result is activation(x @ kernel + bias)."""
    x, kernel, bias = (RANDOM.normal(size=size).astype("float32") for size in (shape, (5, 6), (6,)))

    [y], _ = run_layer(dense, {"units": 6, "activation": "tanh"}, [x], weights={"kernel": kernel, "bias": bias})

    np.testing.assert_allclose(np.tanh(x.astype("float64") @ kernel + bias), y, atol=1e-5)


def test_weights_are_declared():
    """The kernel is [features, units], the bias [units] and zero at first."""
    _, weights = run_layer(dense, {"units": 6}, [np.zeros((2, 5), "float32")])

    assert {"kernel": (5, 6), "bias": (6,)} == {name: value.shape for name, value in weights.items()}
    assert not weights["bias"].any()


def test_no_feature_axis():
    """One number per sample is no row of features."""
    with pytest.raises(DeclnetError, match="last axis of known size"):
        run_layer(dense, {"units": 6}, [np.zeros(2, "float32")])
