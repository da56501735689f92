"""Regularizers and constraints against their formulas in float64."""

import numpy as np
import pytest
from declnet_regularizer import (
    activity_regularization,
    l1,
    l1_l2,
    l2,
    max_norm,
    min_max_norm,
    non_negative,
    unit_norm,
)

from declnet import DeclnetError, layer
from declnet.testing import check_layer, run_layer

WEIGHT = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
ABSOLUTE, SQUARED = float(np.abs(WEIGHT).sum(dtype=np.float64)), float(np.square(WEIGHT).sum(dtype=np.float64))


@pytest.mark.parametrize(
    "component, properties, penalty",
    [
        (l1, {"rate": 0.1}, 0.1 * ABSOLUTE),
        (l2, {"rate": 0.1}, 0.1 * SQUARED),
        (l1_l2, {"l1": 0.1, "l2": 0.3}, 0.1 * ABSOLUTE + 0.3 * SQUARED),
    ],
)
def test_regularizer(component, properties, penalty):
    """Each penalty, with Keras' meaning of the rates; its gradient is that of a central difference."""
    [result], _ = run_layer(component, properties, [WEIGHT])

    assert result == pytest.approx(penalty, rel=1e-5)
    check_layer(component, properties, inputs=[("N", 4)], output=())


@layer({"properties": {"shape": {"description": "Shape of the weight."}}})
def penalized(net, x, *, shape):
    """The orthogonal penalty of a weight, whose shape is known, unlike that of an input."""
    return net.apply("regularizer", {"type": "orthogonal", "rate": 0.1}, net.weight("kernel", shape, "zeros"))


def orthogonal_penalty(weight):
    weight = np.asarray(weight, np.float32)
    [result], _ = run_layer(penalized, {"shape": weight.shape}, [np.zeros(1, np.float32)], weights={"kernel": weight})
    return float(result)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 3, 2, 2), (6, 1, 2)])
def test_orthogonal(shape):
    """The distance of the smaller Gram matrix from the identity, a filter being a row."""
    weight = np.random.default_rng(1).normal(size=shape).astype(np.float32)

    result = orthogonal_penalty(weight)

    matrix = weight.reshape(shape[0], -1).astype(np.float64)
    matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    assert result == pytest.approx(0.1 * np.square(matrix @ matrix.T - np.eye(len(matrix))).sum(), rel=1e-5)


def test_an_orthogonal_matrix_costs_nothing():
    """Nor do its rows or columns, if it is not square."""
    matrix, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(5, 3)))

    assert [0, 0] == pytest.approx([orthogonal_penalty(matrix), orthogonal_penalty(matrix.T)], abs=1e-6)


def test_a_vector_is_not_orthogonal():
    """A bias has no second axis."""
    with pytest.raises(DeclnetError, match="two axes"):
        orthogonal_penalty(np.ones(3))


MATRIX, FILTERS = WEIGHT.reshape(6, 4), WEIGHT.reshape(2, 3, 4)


@pytest.mark.parametrize(
    "weight, axes, along",
    [(MATRIX, None, (0,)), (FILTERS, None, (0, 1)), (MATRIX, [1], (1,)), (FILTERS, [-1], (2,))],
)
def test_norm_constraints(weight, axes, along):
    """By default the weights into a unit, the last axis, are a vector, unless the layer says otherwise (see below)."""
    norm = np.sqrt(np.square(np.float64(weight)).sum(along, keepdims=True))

    [shortened], _ = run_layer(max_norm, {"limit": 1.5, "axes": axes}, [weight])
    [unit], _ = run_layer(unit_norm, {"axes": axes}, [weight])
    [between], _ = run_layer(min_max_norm, {"minimum": 1.2, "maximum": 1.5, "rate": 0.5, "axes": axes}, [weight])

    np.testing.assert_allclose(shortened, weight * np.minimum(1, 1.5 / norm), rtol=1e-5)
    np.testing.assert_allclose(unit, weight / norm, rtol=1e-5)
    np.testing.assert_allclose(between, weight * (0.5 + 0.5 * np.clip(norm, 1.2, 1.5) / norm), rtol=1e-5)


@pytest.mark.parametrize("component", [max_norm, unit_norm, min_max_norm])
def test_vectors_of_zeros_stay(component):
    """They have no direction to go in; nothing is divided by 0."""
    [result], _ = run_layer(component, {}, [np.zeros((3, 2), np.float32)])

    np.testing.assert_array_equal(np.zeros((3, 2)), result)


def test_non_negative():
    """What is below 0 becomes 0."""
    [result], _ = run_layer(non_negative, {}, [WEIGHT])

    np.testing.assert_array_equal(np.maximum(WEIGHT, 0), result)


@pytest.mark.parametrize(
    "component, properties, words",
    [
        (max_norm, {"axes": [2]}, "no such axes"),
        (min_max_norm, {"minimum": 2, "maximum": 1}, "least norm"),
    ],
)
def test_constraints_refuse(component, properties, words):
    """What no weight can keep is a mistake."""
    with pytest.raises(DeclnetError, match=words):
        run_layer(component, properties, [MATRIX])


@pytest.mark.parametrize("regularizer", [None, "l1"])
def test_activity_regularization(regularizer):
    """Values pass unchanged; what it adds to the loss, tests/lowering/test_reduction.py shows."""
    x = np.random.default_rng(3).normal(size=(2, 3)).astype(np.float32)

    [result], _ = run_layer(activity_regularization, {"regularizer": regularizer}, [x])

    np.testing.assert_array_equal(x, result)
    check_layer(activity_regularization, {"regularizer": regularizer}, inputs=[("N", 3)], output=("N", 3))
