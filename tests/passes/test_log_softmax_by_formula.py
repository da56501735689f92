"""The logarithm of a softmax over an axis that others follow, by elementwise operators and sums."""

import numpy as np
import pytest

from declnet.graph import Graph
from declnet.passes import log_softmax_by_formula

FORMULA = ["ReduceMax", "Ceil", "Sub", "Exp", "ReduceSum", "Log", "Sub"]
CASES = {
    "small": lambda x: x,
    "large": lambda x: x * 50,
    "far from zero": lambda x: x + 1e4,
    "equal": lambda x: x * 0 - 0.3,
    "at the ends of float32": lambda x: np.sign(x) * np.float32(1e38),
}


def built(shape, axis=None, dtype="float32"):
    graph = Graph()
    x = graph.input("x", dtype, shape)
    with graph.scope("loss"):
        y = graph.LogSoftmax(x, axis=axis)
    graph.output(y, "y")
    return graph


def log_softmax(x, axis=1):
    x = x.astype("float64")
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


@pytest.mark.parametrize("shape, axis", [((2, 5, 3), 1), ((2, 5, 3, 4), 1), ((2, 3, 5, 4), -2), ((2, 3, 5, 4), 0)])
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_the_same(slow, run_with_gradient, normal, shape, axis, case):
    """Those of numpy, in float64, also where an exponential alone would overflow."""
    x, dy = CASES[case](normal(*shape)), normal(*shape)
    graph = built(["N", *shape[1:]] if axis else shape, axis)

    log_softmax_by_formula(graph, slow)
    formula = [node.op_type for node in graph.ir]
    found, gradient = run_with_gradient(graph, x, dy)

    expected = log_softmax(x, axis)
    assert FORMULA == formula
    np.testing.assert_allclose(expected, found, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        dy - np.exp(expected) * dy.sum(axis, keepdims=True, dtype="float64"), gradient, rtol=1e-4, atol=1e-5
    )


def test_a_class_may_be_impossible(slow, run, normal):
    """A logit of minus infinity has that logarithm, and does not touch the others."""
    x = normal(2, 5, 3)
    x[:, 2] = -np.inf

    found = run(log_softmax_by_formula(built(["N", 5, 3], 1), slow), {"x": x})["y"]

    np.testing.assert_allclose(log_softmax(x), found, rtol=1e-5)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_a_number_stays_none(slow, run, normal, value):
    """Where LogSoftmax gives NaN the formula does, and nowhere else."""
    x = normal(2, 5, 3)
    x[0, 1, 2] = value
    plain, formula = built(["N", 5, 3], 1), log_softmax_by_formula(built(["N", 5, 3], 1), slow)

    np.testing.assert_array_equal(
        np.isnan(run(plain, {"x": x})["y"]), np.isnan(run(formula, {"x": x})["y"]), strict=True
    )


def test_it_works_in_float64(slow, run, normal):
    """Constants take the type of the value."""
    x = normal(2, 5, 3).astype("float64")

    found = run(log_softmax_by_formula(built(["N", 5, 3], 1, "float64"), slow), {"x": x})["y"]

    np.testing.assert_allclose(log_softmax(x), found, rtol=1e-12)


@pytest.mark.parametrize("shape, axis", [(["N", 5], 1), (["N", 5, 3], -1), (["N", 5, 3], 2), (["N", 5, 3], None)])
def test_the_last_axis_stays(slow, ops, shape, axis):
    """There the operator is as fast."""
    assert ["LogSoftmax"] == ops(log_softmax_by_formula(built(shape, axis), slow))


def test_an_unknown_number_of_axes_stays(slow, ops):
    """Which axis is the last one cannot be told."""
    assert ["LogSoftmax"] == ops(log_softmax_by_formula(built(None, 1), slow))


def test_another_target_keeps_the_operator(quick, ops):
    """One on which LogSoftmax is not slow."""
    assert ["LogSoftmax"] == ops(log_softmax_by_formula(built(["N", 5, 3], 1), quick))
