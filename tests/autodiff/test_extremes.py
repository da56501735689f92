"""Where formulas break: large arguments, kinks, zeros, ties."""

import numpy as np
import pytest

from declnet.autodiff import differentiate
from declnet.graph import Graph, prune, to_model


def slope(op, x, run, *inputs, **attributes):
    """The gradient of the sum of an operator's output."""
    graph = Graph()
    value = graph.input("x", np.float32, np.shape(x))
    loss = graph.ReduceSum(graph.op(op, value, *inputs, **attributes), keepdims=0)
    graph.output(differentiate(graph, loss, [value])[0], "dx")
    return run(to_model(prune(graph)), {"x": np.asarray(x, np.float32)})["dx"]


FAR = [-50.0, 50.0]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("Relu", [0, 1]),
        ("LeakyRelu", [0.01, 1]),
        ("Elu", [0, 1]),
        ("Celu", [0, 1]),
        ("Selu", [0, 1.0507009873554805]),
        ("Sigmoid", [0, 0]),
        ("Tanh", [0, 0]),
        ("Softplus", [0, 1]),
        ("Softsign", [1 / 51**2, 1 / 51**2]),
        ("HardSigmoid", [0, 0]),
        ("HardSwish", [0, 1]),
        ("Mish", [0, 1]),
        ("Gelu", [0, 1]),
        ("Erf", [0, 0]),
        ("ThresholdedRelu", [0, 1]),
        ("Shrink", [1, 1]),
    ],
)
def test_activations_far_out(op, expected, run):
    """At ±50 the slopes are finite, and what they tend to."""

    np.testing.assert_allclose(expected, slope(op, FAR, run), rtol=1e-5, atol=1e-7)


def test_the_approximation_of_gelu_far_out(run):
    np.testing.assert_allclose([0, 1], slope("Gelu", FAR, run, approximate="tanh"), atol=1e-6)


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax"])
def test_softmax_of_large_scores(op, run):
    """Scores of ±1000 give finite slopes: of a sum of probabilities, zero."""
    found = slope(op, [[1000.0, -1000.0, 999.0]], run)

    assert np.isfinite(found).all()
    if op == "Softmax":
        np.testing.assert_allclose(0, found, atol=1e-6)


@pytest.mark.parametrize(
    ("op", "x", "inputs", "expected"),
    [
        ("Relu", [0.0], [], [0]),
        ("LeakyRelu", [0.0], [], [0.01]),
        ("Abs", [0.0], [], [0]),
        ("Clip", [0.0, 1.0, -0.1, 1.1], [0.0, 1.0], [1, 1, 0, 0]),
        ("Max", [1.0], [1.0], [0.5]),
        ("Min", [1.0, 2.0], [1.0], [0.5, 0]),
        ("Pow", [0.0, -2.0], [2.0], [0, -4]),
        ("Pow", [0.0, -2.0], [3.0], [0, 12]),
        ("ReduceL2", [0.0, 0.0], [], [0, 0]),
        ("ReduceMax", [3.0, 3.0, 1.0], [], [0.5, 0.5, 0]),
        ("ReduceProd", [0.0, 2.0, 3.0], [], [6, 0, 0]),
        ("ReduceProd", [0.0, 0.0, 3.0], [], [0, 0, 0]),
        ("ReduceLogSumExp", [1000.0, 1001.0], [], [0.26894142, 0.73105858]),
    ],
)
def test_kinks(op, x, inputs, expected, run):
    """The sub-gradients are those that PyTorch gives."""

    np.testing.assert_allclose(expected, slope(op, x, run, *inputs), rtol=1e-4)


def test_ties_of_a_max_pool_go_to_the_first(run):
    found = slope("MaxPool", np.ones((1, 1, 2, 2)), run, kernel_shape=[2, 2], strides=[2, 2])

    assert [1, 0, 0, 0] == found.ravel().tolist()


def test_a_batch_whose_targets_are_all_ignored(run):
    """Nothing to learn from, nothing broken: zeros."""
    found = slope("SoftmaxCrossEntropyLoss", np.ones((2, 3)), run, [-1, -1], ignore_index=-1)

    assert 0 == np.abs(found).max()


@pytest.mark.parametrize("size", [1, 5])
def test_one_graph_serves_every_batch(size, run):
    """The mean over a symbolic batch divides by the batch that comes."""
    graph = Graph()
    x = graph.input("x", np.float32, ["N", 3])
    loss = graph.ReduceMean(x * x, keepdims=0)
    graph.output(differentiate(graph, loss, [x])[0], "dx")
    given = np.arange(3 * size, dtype=np.float32).reshape(size, 3)

    np.testing.assert_allclose(2 * given / given.size, run(to_model(prune(graph)), {"x": given})["dx"], rtol=1e-6)


def test_softmax_of_a_masked_row(run):
    """All of it is minus infinity: the result is NaN, which a Where replaces, and the gradient is 0, not NaN."""
    graph = Graph()
    x = graph.input("x", np.float32, [2, 3])
    bias = graph.constant(np.float32([[0, 0, 0], [-np.inf] * 3]))
    y = graph.Where(np.array([[False], [True]]), 0.0, graph.Softmax(x + bias))
    graph.output(differentiate(graph, graph.ReduceSum(y * np.float32([1, 2, 4]), keepdims=0), [x])[0], "dx")
    given = np.float32([[0.5, -1, 2], [1, 2, 3]])
    p = np.exp(given[0].astype(float)) / np.exp(given[0].astype(float)).sum()
    expected = p * (np.array([1, 2, 4]) - p @ [1, 2, 4])

    found = run(to_model(prune(graph)), {"x": given})["dx"]
    np.testing.assert_allclose([expected, [0, 0, 0]], found, rtol=1e-5)
