"""Maxout and the bilinear layer, against einsum in float64."""

import numpy as np
import pytest
from declnet_dense.bilinear import bilinear
from declnet_dense.maxout import maxout

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(3, 5), (3, 2, 5)])
def test_maxout(shape):
    """A unit is the largest of its pieces, which stand side by side in the kernel."""
    x, kernel, bias = normal(*shape), normal(5, 12), normal(12)

    [y], _ = run_layer(maxout, {"units": 4, "pieces": 3}, [x], weights={"kernel": kernel, "bias": bias})

    pieces = x.astype("float64") @ kernel + bias
    np.testing.assert_allclose(pieces.reshape(*shape[:-1], 4, 3).max(-1), y, atol=1e-5)


@pytest.mark.parametrize("leading", [(3,), (3, 2)])
def test_bilinear(leading):
    """Each unit weighs every product of two values."""
    first, second, kernel, bias = normal(*leading, 5), normal(*leading, 6), normal(5, 6, 4), normal(4)
    properties = {"units": 4, "activation": "tanh"}

    [y], _ = run_layer(bilinear, properties, [first, second], weights={"kernel": kernel, "bias": bias})

    products = np.einsum("...i,ijk,...j->...k", first.astype("float64"), kernel.astype("float64"), second)
    np.testing.assert_allclose(np.tanh(products + bias), y, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "output"),
    [
        (maxout, {"units": 3, "pieces": 2}, [("N", 5)], ("N", 3)),
        (maxout, {"units": 3, "pieces": 2, "bias": False}, [("N", 4, 5)], ("N", 4, 3)),
        (bilinear, {"units": 3}, [("N", 4), ("N", 5)], ("N", 3)),
        (bilinear, {"units": 3, "bias": False}, [("N", 2, 4), ("N", 2, 5)], ("N", 2, 3)),
    ],
)
def test_shapes_and_gradients(layer, properties, inputs, output):
    """The last axis becomes units long; gradients agree with differences."""
    without = [] if properties.get("bias", True) else ["bias"]
    check_layer(layer, properties, inputs=inputs, output=output, without=without)


@pytest.mark.parametrize("layer", [maxout, bilinear])
def test_first_weights(layer):
    """The bound of glorot_uniform counts what one unit sees."""
    properties, count = ({"units": 8, "pieces": 5}, 1) if layer is maxout else ({"units": 8}, 2)
    _, weights = run_layer(layer, properties, [normal(2, 10)] * count)
    bound = np.sqrt(6 / (10**count + 8))

    assert 0.9 * bound < np.abs(weights["kernel"]).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize(
    ("layer", "properties", "shapes", "message"),
    [
        (maxout, {"units": 3, "pieces": 2}, [(4,)], "last axis of known size"),
        (bilinear, {"units": 3}, [(4, 5), (4, 2, 5)], "equal numbers of axes"),
    ],
)
def test_misfits_are_refused(layer, properties, shapes, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32") for shape in shapes])
