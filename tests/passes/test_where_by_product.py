"""A choice between a tensor and a number by arithmetic, where the tensor is promised to be finite."""

import numpy as np
import pytest

import declnet
from declnet.graph import Graph
from declnet.passes import where_by_product

LOWEST = float(np.finfo(np.float32).min)
MASK = np.array([[True], [False], [True]])
PRODUCT = ["Cast", "Sub", "Mul", "Mul", "Add"]


def built(number=LOWEST, *, finite=True, swapped=False, dtype="float32"):
    """A graph that keeps "x" where "mask" holds, or does not, and else has the number."""
    graph = Graph()
    x, mask = graph.input("x", dtype, ["N", 4]), graph.input("mask", "bool", ["N", 1])
    scores = x * 2.0
    if finite:
        graph.finite.add(scores)
    number = np.asarray(number, dtype)
    graph.output(graph.Where(mask, number, scores) if swapped else graph.Where(mask, scores, number), "y")
    return graph


@pytest.mark.parametrize("number", [LOWEST, 0.0, -1e9, 0.1, -LOWEST])
@pytest.mark.parametrize("swapped", [False, True])
def test_values_and_gradients_are_the_same(slow, run_with_gradient, normal, number, swapped):
    """Bit by bit those of numpy's where, whichever of the two is kept where the mask holds."""
    graph = built(number, swapped=swapped)
    x, dy = normal(3, 4), normal(3, 4)
    x[0] = np.float32(1e38), np.float32(-1e38), 0, np.float32(1e-38)

    where_by_product(graph, slow)
    operators = [node.op_type for node in graph.ir]
    found, gradient = run_with_gradient(graph, x, dy, mask=MASK)

    kept = ~MASK if swapped else MASK
    assert ["Mul", *(["Not"] if swapped else []), *PRODUCT] == operators
    np.testing.assert_array_equal(np.where(kept, x * np.float32(2), np.float32(number)), found)
    np.testing.assert_array_equal(np.where(kept, dy * np.float32(2), 0), gradient)


def test_a_mask_that_makes_the_result_larger(slow, run, normal):
    """The shape is that of all three together."""
    graph = Graph()
    x, mask = graph.input("x", np.float32, [1, 4]), graph.input("mask", "bool", ["N", 1])
    graph.finite.add(x)
    graph.output(graph.Where(mask, x, -1.0), "y")
    given = normal(1, 4)

    found = run(where_by_product(graph, slow), {"x": given, "mask": MASK})["y"]

    np.testing.assert_array_equal(np.where(MASK, given, np.float32(-1)), found)


def test_without_a_promise_it_stays(slow, ops, run):
    """Where may be there to keep an infinity away: its product with 0 would not be a number."""
    graph = built(finite=False)
    x = np.full((3, 4), np.inf, "float32")

    where_by_product(graph, slow)
    found = run(graph, {"x": x, "mask": MASK})["y"]

    assert ["Mul", "Where"] == ops(graph)
    np.testing.assert_array_equal(np.where(MASK, x, np.float32(LOWEST)), found)


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
def test_a_number_that_is_not_finite_stays(slow, ops, number):
    """0 times an infinity is not 0."""
    assert ["Mul", "Where"] == ops(where_by_product(built(number), slow))


def test_two_tensors_stay(slow, ops, normal):
    """Both promised to be finite, and neither a number."""
    graph = Graph()
    x, mask = graph.input("x", np.float32, ["N", 4]), graph.input("mask", "bool", ["N", 1])
    graph.finite.add(x)
    graph.output(graph.Where(mask, x, graph.constant(normal(4))), "y")

    assert ["Where"] == ops(where_by_product(graph, slow))


def test_two_numbers_stay(slow, ops):
    """As the mask of dropout has them: nothing is promised of a number."""
    graph = Graph()
    graph.output(graph.Where(graph.input("mask", "bool", ["N"]), 1.25, 0.0), "y")

    assert ["Where"] == ops(where_by_product(graph, slow))


def test_another_target_keeps_the_operator(quick, ops):
    """One on which Where is not slow."""
    assert ["Mul", "Where"] == ops(where_by_product(built(), quick))


def test_a_promise_is_no_copy(slow, ops):
    """What is made of a finite value is not promised to be finite."""
    graph = Graph()
    x, mask = graph.input("x", np.float32, ["N", 4]), graph.input("mask", "bool", ["N", 1])
    graph.finite.add(x)
    graph.output(graph.Where(mask, graph.Log(x), 0.0), "y")

    assert ["Log", "Where"] == ops(where_by_product(graph, slow))


@pytest.mark.parametrize("layer", ["attention", "additive_attention", "multi_head_attention"])
def test_attention_says_so_of_its_scores(layer):
    """The served graph masks them by a product."""
    properties = {"attention": {}, "additive_attention": {}, "multi_head_attention": {"heads": 2}}[layer]
    spec = {
        "name": "masked",
        "inputs": {"x": {"shape": [5, 4]}},
        "layers": [{"type": layer, "causal": True, **properties}],
        "outputs": {"y": f"{layer}_1"},
    }
    model = declnet.compile(declnet.load(spec)).inference

    assert "Where" not in {node.op_type for node in model.graph.node}
