"""The reverse walk: accumulation, reach, checks, and what a graph may cost."""

import numpy as np
import pytest

from declnet.autodiff import BUILT_IN, Rules, differentiate, gradient
from declnet.errors import GraphError, MissingGradient
from declnet.graph import Graph, prune, to_model, verify

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], np.float32)


def above(*entries):
    """Rules that are asked before the built-in ones."""
    return Rules(entries, below=BUILT_IN)


def gradients(build, feed, run, **how):
    """Build a loss from inputs, differentiate by all of them, and run."""
    graph = Graph()
    values = [graph.input(name, array.dtype, array.shape) for name, array in feed.items()]
    loss = build(graph, *values)
    for name, dx in zip(feed, differentiate(graph, loss, values, **how)):
        graph.output(dx, f"d_{name}")
    found = run(to_model(verify(prune(graph), "differentiation")), feed)
    return [found[f"d_{name}"] for name in feed]


def test_paths_add_up(run):
    """A value that is used three times gets the sum of three gradients."""
    [dx] = gradients(lambda graph, x: graph.ReduceSum(x * 2.0 + x * x + graph.Exp(x), keepdims=0), {"x": X}, run)

    np.testing.assert_allclose(2 + 2 * X + np.exp(X), dx, rtol=1e-6)


def test_the_order_of_sums_is_that_of_the_names():
    """Inputs with several uses get their sums in the order in which gradients are asked for, in every process."""
    graph = Graph()
    values = [graph.input(f"x{k}", np.float32, [2]) for k in range(8)]
    loss = graph.ReduceSum(graph.Sum(*(graph.Sin(x) * graph.Cos(x) for x in values)), keepdims=0)
    found = differentiate(graph, loss, values)

    assert ["Add", *(f"Add_{k}" for k in range(1, 8))] == [dx.name for dx in found]


def test_one_value_as_both_inputs(run):
    [dx] = gradients(lambda graph, x: graph.ReduceSum(x / x + x * x, keepdims=0), {"x": X}, run)

    np.testing.assert_allclose(2 * X, dx, atol=1e-6)


def test_an_intermediate_value_may_be_asked_for():
    graph = Graph()
    x = graph.input("x", np.float32, [3])
    y = x * 2.0
    [dy] = differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [y])

    assert dy is not None and list(dy.shape) == [3]


def test_the_loss_by_itself(run):
    [dx] = gradients(lambda graph, x: x, {"x": np.array(3.0, np.float32)}, run)

    assert 1.0 == dx


def test_what_does_not_reach_the_loss_has_none():
    graph = Graph()
    x, w = graph.input("x", np.float32, [3]), graph.input("w", np.float32, [3])
    graph.Tanh(w)
    dx, dw = differentiate(graph, graph.ReduceSum(x * x, keepdims=0), [x, w])

    assert dx is not None and dw is None


def test_flat_operators_end_the_way():
    """Through a comparison nothing flows; through the other input it does."""
    graph = Graph()
    x, w = graph.input("x", np.float32, [3]), graph.input("w", np.float32, [3])
    mask = graph.Cast(graph.Greater(w, 0.0), to=x.dtype)
    dx, dw = differentiate(graph, graph.ReduceSum(x * mask, keepdims=0), [x, w])

    assert dx is not None and dw is None


def test_reach_is_by_input():
    """An operator without a gradient is no obstacle where its inputs do not depend on a parameter."""
    graph = Graph()
    x, w = graph.input("x", np.float32, [2, 3]), graph.input("w", np.float32, [3])
    features = graph.op("Twist", x, domain="com.example", types=[("float32", [2, 3])])
    [dw] = differentiate(graph, graph.ReduceSum(features * w, keepdims=0), [w])

    assert dw is not None


def test_nothing_is_made_for_inputs_that_nobody_asked_for():
    """After pruning, no operator computes the gradient of the first layer's input."""
    graph = Graph()
    x, w = graph.input("x", np.float32, ["N", 4]), graph.input("w", np.float32, [4, 2])
    y = graph.MatMul(x, w)
    [dw] = differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [w])
    graph.output(dw, "dw")
    products = [node.op_type for node in prune(graph).ir if node.op_type in ("MatMul", "Gemm")]

    assert ["MatMul", "Gemm"] == products


def test_the_output_serves_where_it_can():
    """The gradient of tanh reads its output: its input need not stay alive."""
    graph = Graph()
    x = graph.input("x", np.float32, [3])
    inner = x * 2.0
    y = graph.Tanh(inner)
    graph.output(differentiate(graph, graph.ReduceSum(y, keepdims=0), [x])[0], "dx")

    assert ["Tanh"] == [node.op_type for node in inner.consumers()]


def test_second_derivative(run):
    """The gradient of a gradient: of x³, 6 x."""
    graph = Graph()
    x = graph.input("x", np.float32, X.shape)
    [dx] = differentiate(graph, graph.ReduceSum(x * x * x, keepdims=0), [x])
    [ddx] = differentiate(graph, graph.ReduceSum(dx, keepdims=0), [x])
    graph.output(ddx, "ddx")

    np.testing.assert_allclose(6 * X, run(to_model(prune(graph)), {"x": X})["ddx"], rtol=1e-6)


def test_third_derivative_of_tanh(run):
    """-2 (1 - y²) (1 - 3 y²)."""
    graph = Graph()
    x = graph.input("x", np.float32, X.shape)
    value = graph.Tanh(x)
    for _ in range(3):
        [value] = differentiate(graph, graph.ReduceSum(value, keepdims=0), [x])
    graph.output(value, "d3")
    y = np.tanh(X)

    expected = -2 * (1 - y**2) * (1 - 3 * y**2)
    np.testing.assert_allclose(expected, run(to_model(prune(graph)), {"x": X})["d3"], atol=1e-5)


def test_a_rule_of_a_plugin(run):
    """Rules that are handed over come before the built-in ones."""
    rules = above(gradient("Relu")(lambda node, dy: (dy * 5.0,)))
    [dx] = gradients(lambda graph, x: graph.ReduceSum(graph.Relu(x), keepdims=0), {"x": X}, run, rules=rules)

    np.testing.assert_array_equal(np.full_like(X, 5), dx)


def test_a_rule_for_a_flat_operator(run):
    """A straight-through estimator lets the gradient pass where the operator by itself would stop it."""
    rules = above(gradient("Round")(lambda node, dy: (dy,)))
    [dx] = gradients(lambda graph, x: graph.ReduceSum(graph.Round(x), keepdims=0), {"x": X}, run, rules=rules)

    np.testing.assert_array_equal(np.ones_like(X), dx)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda node, dy: dy, "returned grad/"),
        (lambda node, dy: (dy, dy), "returned 2 gradients for 1 inputs"),
        (lambda node, dy: (node.graph.Concat(dy, dy, axis=1),), "for an input"),
    ],
)
def test_wrong_rules_are_caught(result, message):
    """A rule must return a tuple, one gradient for each input, of shapes that fit."""
    graph = Graph()
    x = graph.input("x", np.float32, [2, 3])
    loss = graph.ReduceSum(graph.Relu(x), keepdims=0)
    with pytest.raises(GraphError, match="the gradient rule for Relu") as caught:
        differentiate(graph, loss, [x], rules=above(gradient("Relu")(result)))

    assert message in str(caught.value)


def test_an_unsupported_configuration_says_why():
    graph = Graph()
    x = graph.input("x", np.float32, [1, 4, "H", "W"])
    y = graph.AveragePool(x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    with pytest.raises(MissingGradient, match="ceil_mode needs static spatial dimensions"):
        differentiate(graph, graph.ReduceSum(y, keepdims=0), [x])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda graph, x: x, "is not a scalar"),
        (lambda graph, x: graph.Size(x), "is not a floating-point value"),
    ],
)
def test_the_loss_must_be_a_real_scalar(build, message):
    graph = Graph()
    x = graph.input("x", np.float32, ["N"])
    with pytest.raises(GraphError, match=message):
        differentiate(graph, build(graph, x), [x])


def _chain(length):
    """A chain of *length* products and activations, differentiated and pruned."""
    graph = Graph()
    x, w = graph.input("x", np.float32, ["N", 4]), graph.input("w", np.float32, [4])
    for _ in range(length):
        x = graph.Tanh(x * w)
    graph.output(differentiate(graph, graph.ReduceSum(x, keepdims=0), [w])[0], "dw")
    return prune(graph).ir.num_nodes()


def test_cost_is_linear():
    """Each further layer adds the same number of operators."""
    sizes = [_chain(length) for length in (10, 20, 40)]

    assert 2 * (sizes[1] - sizes[0]) == sizes[2] - sizes[1]
    assert sizes[2] - sizes[1] <= 20 * 9


def test_scopes_and_origin_are_kept():
    """The gradient of what a layer made is named after the layer and carries its place in the spec."""
    graph = Graph()
    x = graph.input("x", np.float32, [3])
    with graph.scope("hidden", **{"declnet.path": "/layers/0"}):
        y = graph.Tanh(x)
    [dx] = differentiate(graph, graph.ReduceSum(y, keepdims=0), [x])

    assert dx.name.startswith("hidden/grad/")
    assert "/layers/0" == dx.producer().metadata_props["declnet.path"]
