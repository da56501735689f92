"""Activations against their formulas in float64, near zero and far from it."""

import math

import numpy as np
import onnxruntime
import pytest
from declnet_activation import activations
from declnet_activation.activation import activation
from declnet_activation.prelu import prelu

from declnet import DeclnetError
from declnet.autodiff import differentiate
from declnet.graph import Graph, prune, to_model
from declnet.lowering import Net, Tensors
from declnet.plugins import installed
from declnet.testing import check_layer, run_layer

erf = np.vectorize(math.erf)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def log_softmax(x, axis=-1):
    return x - np.logaddexp.reduce(x, axis=axis, keepdims=True)


def elu(x, alpha=1.0, width=1.0):
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0) / width))


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


FORMULAS = {
    "linear": [({}, lambda x: x)],
    "relu": [({}, lambda x: np.maximum(x, 0))],
    "relu6": [({}, lambda x: np.clip(x, 0, 6))],
    "leaky_relu": [
        ({}, lambda x: np.where(x < 0, 0.01 * x, x)),
        ({"alpha": 0.3}, lambda x: np.where(x < 0, 0.3 * x, x)),
    ],
    "thresholded_relu": [
        ({}, lambda x: np.where(x > 1, x, 0)),
        ({"alpha": 2}, lambda x: np.where(x > 2, x, 0)),
    ],
    "elu": [({}, elu), ({"alpha": 2}, lambda x: elu(x, 2))],
    "celu": [({}, elu), ({"alpha": 2}, lambda x: elu(x, 2, 2))],
    "selu": [
        ({}, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
        ({"alpha": 1, "gamma": 2}, lambda x: 2 * elu(x)),
    ],
    "gelu": [({}, lambda x: x / 2 * (1 + erf(x / math.sqrt(2)))), ({"approximate": "tanh"}, gelu_tanh)],
    "sigmoid": [({}, sigmoid)],
    "log_sigmoid": [({}, lambda x: -np.logaddexp(0, -x))],
    "hard_sigmoid": [
        ({}, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
        ({"alpha": 0.25, "beta": 0.4}, lambda x: np.clip(0.25 * x + 0.4, 0, 1)),
    ],
    "tanh": [({}, np.tanh)],
    "hard_tanh": [({}, lambda x: np.clip(x, -1, 1))],
    "silu": [({}, lambda x: x * sigmoid(x))],
    "swish": [({}, lambda x: x * sigmoid(x)), ({"alpha": 2}, lambda x: x * sigmoid(2 * x))],
    "hard_swish": [({}, lambda x: x * np.clip(x / 6 + 0.5, 0, 1))],
    "mish": [({}, lambda x: x * np.tanh(np.logaddexp(0, x)))],
    "softplus": [({}, lambda x: np.logaddexp(0, x))],
    "softsign": [({}, lambda x: x / (1 + np.abs(x)))],
    "shrink": [
        ({}, lambda x: np.where(np.abs(x) > 0.5, x, 0)),
        ({"lambd": 1, "bias": 1}, lambda x: np.sign(x) * np.maximum(np.abs(x) - 1, 0)),
    ],
    "exp": [({}, np.exp)],
    "softmax": [
        ({}, lambda x: np.exp(log_softmax(x))),
        ({"axis": 1}, lambda x: np.exp(log_softmax(x, 1))),
    ],
    "log_softmax": [({}, log_softmax), ({"axis": -2}, lambda x: log_softmax(x, 1))],
    "hardmax": [({}, lambda x: np.eye(x.shape[-1])[x.argmax(-1)])],
}
CASES = [
    pytest.param({"type": name, **properties}, formula, id=f"{name}-{properties}")
    for name, cases in FORMULAS.items()
    for properties, formula in cases
]
# From one end to the other in steps that meet no kink.
X = np.concatenate([np.linspace(-50, 50, 60), np.linspace(-3.05, 3.07, 60)]).reshape(4, 6, 5).astype("float32")


def test_every_activation_has_a_formula():
    """A new activation needs a row in the table above."""

    assert {component.type for component in activations.ALL} == set(FORMULAS)


@pytest.mark.parametrize(("function", "formula"), CASES)
def test_values(function, formula):
    """Values agree with the formula, and are finite, from -50 to 50."""
    [y], _ = run_layer(activation, {"function": function}, [X])

    np.testing.assert_allclose(formula(X.astype("float64")), y, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("function", "formula"), CASES)
def test_shapes_and_gradients(function, formula):
    """The shape stays; gradients agree with differences."""
    check_layer(activation, {"function": function}, inputs=[("N", 3, 4)], output=("N", 3, 4))


@pytest.mark.parametrize(("function", "formula"), CASES)
def test_gradients_far_from_zero(function, formula):
    """Gradients agree with differences of the formula, and are finite, from -50 to 50."""
    x, weights = X.astype("float64"), np.random.default_rng(0).normal(size=X.shape).astype("float32")
    step, expected = 1e-6, np.empty(X.shape)
    for place in np.ndindex(X.shape):
        ahead, back = x.copy(), x.copy()
        ahead[place] += step
        back[place] -= step
        expected[place] = ((formula(ahead) - formula(back)) * weights).sum() / (2 * step)

    np.testing.assert_allclose(gradient(function, weights), expected, rtol=1e-4, atol=1e-5)


def gradient(function, weights):
    """The gradient of the weighted sum of an activation at X, by declnet's rules."""
    graph = Graph()
    net = Net(Tensors(graph), installed(), "layer", training=True)
    x = graph.input("x", "float32", ["N", *X.shape[1:]])
    loss = graph.ReduceSum(net.activation(x, function) * graph.constant(weights), keepdims=0)
    [dx] = differentiate(graph, loss, [x])
    if dx is None:
        return np.zeros(X.shape)
    graph.output(dx, "dx")
    model = to_model(prune(graph)).SerializeToString()
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(["dx"], {"x": X})[0]


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "hardmax"])
@pytest.mark.parametrize("axis", [0, 3, -3])
def test_axis_of_the_batch_is_refused(name, axis):
    """Samples must not depend on each other, and there must be such an axis."""
    with pytest.raises(DeclnetError, match="1 to 2, or -1 to -2"):
        run_layer(activation, {"function": {"type": name, "axis": axis}}, [X])


def test_what_activations_yield():
    """Losses and outputs learn here what needs no further softmax."""
    yields = {c.type: c.options["yields"] for c in activations.ALL if c.options["yields"]}

    assert {"softmax": "probabilities", "sigmoid": "probabilities", "log_softmax": "log_probabilities"} == yields


@pytest.mark.parametrize("shape", [("N", 3), ("N", 3, 4), ("N", 3, 4, 2), ("N",)])
@pytest.mark.parametrize("per_channel", [True, False])
def test_prelu_shapes_and_gradients(shape, per_channel):
    """Slopes broadcast over every axis but the channels."""
    check_layer(prelu, {"per_channel": per_channel}, inputs=[shape], output=shape)


@pytest.mark.parametrize(("per_channel", "shape"), [(True, (6, 1)), (False, (1,))])
def test_prelu_values(per_channel, shape):
    """What is negative is multiplied by its channel's slope, or by the one that all share."""
    slope = np.random.default_rng(0).normal(size=shape).astype("float32")

    [y], _ = run_layer(prelu, {"per_channel": per_channel}, [X], weights={"slope": slope})

    np.testing.assert_allclose(np.where(X < 0, X * slope, X), y, rtol=1e-6)


def test_prelu_starts_at_a_quarter():
    """He et al. (2015) start every slope at 0.25."""
    _, weights = run_layer(prelu, {}, [X])

    np.testing.assert_array_equal(np.full((6, 1), 0.25, "float32"), weights["slope"])
