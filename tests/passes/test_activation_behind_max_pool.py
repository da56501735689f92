"""The maximum of a function that never falls is the function of the maximum; it then has fewer values to do."""

import numpy as np
import pytest

import declnet
from declnet.graph import Graph
from declnet.passes import activation_behind_max_pool

RISING = {
    "Relu": (lambda x: np.maximum(x, 0), lambda x: x > 0),
    "Sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "Softplus": (lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x))),
    "Tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}
WINDOW = {"kernel_shape": [2, 2], "strides": [2, 2]}


def built(op="Tanh", **attributes):
    """A graph, an activation in it, and the max pool that reads it."""
    graph = Graph()
    x = graph.input("x", np.float32, ["N", 3, 4, 6])
    with graph.scope("conv"):
        active = graph.op(op, x)
    with graph.scope("pool"):
        y = graph.MaxPool(active, **{**WINDOW, **attributes})
    return graph, active, y


def pooled(x):
    """The greatest of each window of 2 by 2, and a mask of where it is."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    greatest = blocks.max(axis=(3, 5), keepdims=True)
    return greatest.reshape(n, c, h // 2, w // 2), (blocks == greatest).reshape(x.shape)


@pytest.mark.parametrize("op", RISING)
def test_the_activation_moves(slow, ops, op):
    """Behind the pool, whose scope and name it takes."""
    graph, _, y = built(op)
    graph.output(graph.Neg(y), "y")

    activation_behind_max_pool(graph, slow)

    assert ["MaxPool", op, "Neg"] == ops(graph)
    assert ["pool/MaxPool", f"pool/{op}", "y"] == [node.outputs[0].name for node in graph.ir]


@pytest.mark.parametrize("op", RISING)
def test_values_and_gradients_are_the_same(slow, run_with_gradient, normal, op):
    """Those of numpy, in float64."""
    graph, _, y = built(op)
    graph.output(y, "y")
    x, dy = normal(2, 3, 4, 6), normal(2, 3, 2, 3)

    found, gradient = run_with_gradient(activation_behind_max_pool(graph, slow), x, dy)

    function, slope = RISING[op]
    greatest, where = pooled(x.astype("float64"))
    np.testing.assert_allclose(function(greatest), found, atol=1e-6)
    np.testing.assert_allclose(
        where * slope(x.astype("float64")) * dy.repeat(2, axis=2).repeat(2, axis=3), gradient, atol=1e-6
    )


def test_attributes_of_the_pool_stay(slow, run, normal):
    """Padding, strides and dilations are those of the pool."""
    attributes = {"pads": [1, 0, 0, 1], "strides": [1, 2], "dilations": [2, 1]}
    (before, _, plain), (after, _, moved) = built(**attributes), built(**attributes)
    before.output(plain, "y")
    after.output(moved, "y")
    x = normal(2, 3, 4, 6)

    activation_behind_max_pool(after, slow)

    assert "Tanh" == after.ir.outputs[0].producer().op_type
    np.testing.assert_array_equal(run(before, {"x": x})["y"], run(after, {"x": x})["y"])


def test_it_moves_on_every_target(quick, ops):
    """Fewer values are less work anywhere."""
    graph, _, y = built()
    graph.output(y, "y")

    assert ["MaxPool", "Tanh"] == ops(activation_behind_max_pool(graph, quick))


def test_it_stays_where_something_else_reads_it(slow, ops):
    """A connection that skips the pool needs all of its values."""
    graph, active, y = built()
    graph.output(y, "y")
    graph.output(graph.Neg(active), "all")

    assert ["Tanh", "MaxPool", "Neg"] == ops(activation_behind_max_pool(graph, slow))


def test_it_stays_where_it_is_an_output(slow, ops):
    """Its values are asked for."""
    graph, active, y = built()
    graph.output(active, "active")
    graph.output(y, "y")

    assert ["Tanh", "MaxPool"] == ops(activation_behind_max_pool(graph, slow))


def test_it_stays_where_the_place_of_the_maximum_is_read(slow, ops):
    """What was rounded to equal values has another first maximum."""
    graph, active, _ = built()
    y, where = graph.MaxPool(active, outputs=2, **WINDOW)
    graph.output(y, "y")
    graph.output(where, "where")

    assert ["Tanh", "MaxPool"] == ops(activation_behind_max_pool(graph, slow))


@pytest.mark.parametrize("op", ["Abs", "Elu", "Neg"])
def test_other_operators_stay(slow, ops, op):
    """Those that fall somewhere, or do with some attributes."""
    graph, _, y = built(op)
    graph.output(y, "y")

    assert [op, "MaxPool"] == ops(activation_behind_max_pool(graph, slow))


def test_in_a_model():
    """Every graph of a compiled spec has the activation behind the pool, under the pool's name."""
    layers = [
        {"type": "conv", "filters": 2, "kernel": 3, "activation": "tanh"},
        {"type": "max_pool", "size": 2, "name": "largest"},
        {"type": "flatten"},
        {"type": "dense", "units": 2, "name": "logits"},
    ]
    spec = {"name": "pooled", "inputs": {"x": {"shape": [3, 4, 6]}}, "layers": layers, "outputs": {"y": "largest"}}
    training = {"loss": {"type": "cross_entropy", "from": "logits", "target": "label"}, "epochs": 1, "batch_size": 2}
    spec["training"] = training | {"optimizer": {"type": "sgd", "learning_rate": 0.1}}
    program = declnet.compile(declnet.load(spec), target="standard")

    for model in (program.forward, program.step, program.inference):
        places = {node.output[0]: node for node in model.graph.node}
        tanh = next(node for node in model.graph.node if node.op_type == "Tanh")
        assert ("MaxPool", "Conv") == (places[tanh.input[0]].op_type, places[places[tanh.input[0]].input[0]].op_type)
        assert tanh.output[0] in ("largest/Tanh", "largest", "y")
