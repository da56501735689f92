"""Initializers: shape, type, and the moments that their papers give."""

import math

import declnet_initializer
import numpy as np
import pytest

from declnet import GraphError

SHAPE, FANS = (400, 300), (400, 300)


def draw(name, shape=SHAPE, fans=FANS, seed=0, **properties):
    """What the initializer of that name makes, its defaults filled in."""
    component = getattr(declnet_initializer, name)
    defaults = {key: value["default"] for key, value in component.properties.items() if "default" in value}
    return component(np.random.default_rng(seed), shape, fans, **(defaults | properties))


@pytest.mark.parametrize("name", [component.type for component in declnet_initializer.declnet_initializers()])
def test_every_initializer(name):
    """Each gives float32 of the shape asked for, and the same again from the same seed."""
    properties = {"value": 2} if name == "constant" else {}

    first, second = (draw(name, (3, 4, 5, 5), (100, 75), **properties) for _ in range(2))

    assert ((3, 4, 5, 5), np.float32) == (first.shape, first.dtype)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name, value", [("zeros", 0), ("ones", 1)])
def test_zeros_and_ones(name, value):
    """One value everywhere, in any shape."""
    np.testing.assert_array_equal(np.full((2, 3), value), draw(name, (2, 3)))
    assert () == draw(name, ()).shape


def test_constant():
    """The value that the spec gives."""
    np.testing.assert_array_equal([1.5, 1.5], draw("constant", (2,), value=1.5))


@pytest.mark.parametrize(
    "name, variance",
    [
        ("glorot_normal", 2 / (400 + 300)),
        ("glorot_uniform", 2 / (400 + 300)),
        ("he_normal", 2 / 400),
        ("he_uniform", 2 / 400),
        ("lecun_normal", 1 / 400),
        ("lecun_uniform", 1 / 400),
    ],
)
def test_scaled(name, variance):
    """Mean 0 and the variance of the paper; uniform ones end at sqrt(3) standard deviations, normal ones do not."""
    values, deviation = draw(name).astype(np.float64), math.sqrt(variance)

    assert abs(values.mean()) < 0.02 * deviation
    assert values.std() == pytest.approx(deviation, rel=0.01)
    if name.endswith("uniform"):
        assert np.abs(values).max() == pytest.approx(math.sqrt(3) * deviation, rel=1e-3)
    else:
        assert np.mean(np.abs(values) > 2 * deviation) == pytest.approx(0.0455, rel=0.1)


@pytest.mark.parametrize("mode, size", [("fan_in", 400), ("fan_out", 300), ("fan_avg", 350)])
@pytest.mark.parametrize(
    "distribution, bound", [("truncated_normal", 2 / 0.8796), ("uniform", math.sqrt(3)), ("normal", 4)]
)
def test_variance_scaling(distribution, bound, mode, size):
    """The variance 3 / size in each form; the ends of two of them in standard deviations."""
    values, deviation = draw("variance_scaling", scale=3, mode=mode, distribution=distribution), math.sqrt(3 / size)

    assert values.std() == pytest.approx(deviation, rel=0.01)
    assert np.abs(values).max() / deviation == pytest.approx(bound, rel=2e-3 if distribution != "normal" else 0.3)


def test_uniform():
    """Even between the bounds."""
    values = draw("uniform", minimum=-1, maximum=3)

    assert (values.min(), values.max()) == pytest.approx((-1, 3), abs=1e-3)
    assert values.mean() == pytest.approx(1, abs=0.02)


def test_normal():
    """The mean and the standard deviation that the spec gives."""
    values = draw("normal", mean=2, standard_deviation=0.5)

    assert (values.mean(), values.std()) == pytest.approx((2, 0.5), rel=0.01)


def test_truncated_normal():
    """Nothing beyond two standard deviations; 0.8796 of the deviation is left."""
    values = draw("truncated_normal", mean=2, standard_deviation=0.5)

    assert np.abs(values - 2).max() <= 1
    assert (values.mean(), values.std()) == pytest.approx((2, 0.5 * 0.8796), rel=0.01)


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (6, 2, 3, 3)])
def test_orthogonal(shape):
    """Rows or columns, whichever are fewer, are orthogonal and have the length of the gain."""
    matrix = draw("orthogonal", shape, gain=2).reshape(shape[0], -1)

    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_signs_are_even():
    """Each entry is as often positive as negative: Q alone would not give that."""
    corners = [draw("orthogonal", (2, 2), seed=seed)[0, 0] for seed in range(400)]

    assert np.mean(np.array(corners) > 0) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_identity(shape):
    """The diagonal of a matrix, square or not."""
    np.testing.assert_array_equal(3 * np.eye(*shape), draw("identity", shape, gain=3))


def test_identity_of_a_kernel():
    """A kernel hands on each channel: its centre is the identity."""
    kernel = draw("identity", (2, 2, 3, 5))

    np.testing.assert_array_equal(np.eye(2), kernel[:, :, 1, 2])
    assert 2 == np.count_nonzero(kernel)


@pytest.mark.parametrize("name", ["orthogonal", "identity"])
def test_matrices_only(name):
    """A bias has no rows: the message says what would do."""
    with pytest.raises(GraphError, match=r"(?s)matrices.*two or more axes.*zeros"):
        draw(name, (3,))


def test_uniform_bounds():
    """Bounds the wrong way round are refused."""
    with pytest.raises(GraphError, match=r"(?s)minimum 2, maximum 1.*exchange"):
        draw("uniform", minimum=2, maximum=1)
