"""Gradients are summed over the axes along which a value was broadcast, whenever that becomes known."""

import numpy as np
import pytest

from declnet.autodiff import differentiate
from declnet.graph import Graph, prune, to_model, verify


def _model(a, b, op="Mul"):
    graph = Graph()
    a, b = graph.input("a", np.float32, a), graph.input("b", np.float32, b)
    y = graph.op(op, a, b)
    for name, dx in zip("ab", differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [a, b])):
        graph.output(dx, f"d{name}")
    return graph, to_model(verify(prune(graph), "differentiation"))


@pytest.mark.parametrize(
    ("declared", "sizes"),
    [
        ([[2, 3], [3]], [[(2, 3), (3,)]]),
        ([[2, 3], []], [[(2, 3), ()]]),
        ([["N", 3], [1, 3]], [[(4, 3), (1, 3)], [(1, 3), (1, 3)]]),
        ([["N", 3], ["M", 3]], [[(4, 3), (4, 3)], [(4, 3), (1, 3)], [(1, 3), (4, 3)]]),
        ([[None, None], [None]], [[(4, 3), (3,)], [(4, 3), (1,)], [(4, 1), (3,)]]),
        ([["N", "T", 3], ["T", 3]], [[(2, 4, 3), (4, 3)], [(2, 1, 3), (1, 3)]]),
    ],
)
def test_sums_over_broadcast_axes(declared, sizes, run):
    """Of (a · b)²: 2 a b², summed to the shape of a; the same graph serves every size."""
    _, model = _model(*declared)
    for shapes in sizes:
        a, b = (np.random.default_rng(len(s)).normal(size=s).astype(np.float32) for s in shapes)
        found = run(model, {"a": a, "b": b})
        da, db = 2 * a * b * b, 2 * a * a * b
        expected_a = da.sum(tuple(k for k in range(a.ndim) if a.shape[k] == 1 != da.shape[k]), keepdims=True)
        lead = tuple(range(db.ndim - b.ndim))
        expected_b = db.sum(lead)
        expected_b = expected_b.sum(
            tuple(k for k in range(b.ndim) if b.shape[k] == 1 != expected_b.shape[k]), keepdims=True
        )

        np.testing.assert_allclose(expected_a, found["da"], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(expected_b, found["db"], rtol=1e-5, atol=1e-6)


def test_a_static_shape_costs_one_operator():
    """A bias's gradient is one ReduceSum."""
    graph, _ = _model(["N", 3], [3], op="Add")

    assert 1 == sum(node.op_type == "ReduceSum" and node.outputs[0].shape == (3,) for node in graph.ir)


def test_equal_names_need_no_sum():
    """Two values of the same named shape were not broadcast."""
    graph, _ = _model(["N", 3], ["N", 3])

    assert not [node for node in graph.ir if node.op_type in ("ReduceSum", "NonZero")]


def test_unknown_ranks(run):
    """Even of values whose rank is not known the gradient is summed to their shape."""
    _, model = _model(None, None)
    a, b = np.ones((2, 3, 4), np.float32), np.arange(4, dtype=np.float32).reshape(1, 4)
    found = run(model, {"a": a, "b": b})

    np.testing.assert_allclose(2 * a * b * b, found["da"])
    np.testing.assert_allclose((2 * a * a * b).sum((0, 1)).reshape(1, 4), found["db"])
