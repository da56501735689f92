"""net.scan: loops that a layer writes, against the same steps in numpy."""

import numpy as np
import pytest

from declnet import GraphError, layer
from declnet.testing import check_layer, layer_gradients, run_layer


@layer({"properties": {"backward": {"type": "boolean", "default": False, "description": "Last step first."}}})
def leaky_sum(net, x, *, backward):
    """A sum that forgets: (N, steps, features) to the last sum, and to all of them."""
    rate = net.weight("rate", [x.shape[2]], {"type": "constant", "value": 0.5})

    def step(net, states, items):
        total = states[0] * rate + items[0]
        return [total], [total]

    first = net.ReduceSum(x, [1], keepdims=0) * 0.0
    (last,), (every,) = net.scan(step, [first], [x], backward=backward)
    return {"last": last, "all": every}


@layer({})
def read_by_layers(net, x):
    """A state that another layer makes anew at each step, of the step and of the state."""

    def step(net, states, items):
        joined = net.Concat(states[0], items[0], axis=1)
        return [net.layer("dense", joined, units=3, activation="tanh", name="cell")], []

    (last,), _ = net.scan(step, [net.ReduceMean(x, [1], keepdims=0)], [x])
    return last


@layer({})
def masked_alike(net, x):
    """Dropout within the steps."""

    def step(net, states, items):
        return [], [net.layer("dropout", items[0], rate=0.5)]

    _, (y,) = net.scan(step, [], [x])
    return y


@layer({"properties": {"what": {"type": "string", "default": "", "description": "What is called in a step."}}})
def misled(net, x, *, what):
    """A layer that does in a step what has a meaning outside only."""

    def step(net, states, items):
        arguments = {"penalty": (items[0],), "update": ("mean", items[0]), "statistic": ("mean", items[0], "mean", [0])}
        getattr(net, what)(*arguments[what])
        return [], items

    return net.scan(step, [], [x])[1][0]


@layer({})
def growing(net, x):
    """A state that doubles."""
    first = net.ReduceMean(x, [1], keepdims=0)
    return net.scan(lambda net, states, items: ([net.Concat(*states * 2, axis=1)], []), [first], [x])[0][0]


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("backward", [False, True])
def test_states_and_results(backward):
    """The batch stays first; a loop that begins at the end leaves its results in the order of the steps."""
    x, total, every = normal(2, 5, 3), np.zeros((2, 3)), [None] * 5
    for t in reversed(range(5)) if backward else range(5):
        total = every[t] = 0.5 * total + x[:, t]

    [last, results], _ = run_layer(leaky_sum, {"backward": backward}, [x])

    np.testing.assert_allclose(total, last, rtol=1e-5)
    np.testing.assert_allclose(np.stack(every, 1), results, rtol=1e-5)
    check_layer(leaky_sum, {"backward": backward}, inputs=[("N", 5, 3)], output=[("N", 3), ("N", 5, 3)])


def test_a_weight_of_all_steps():
    """A layer within a step has one set of weights, named by where it stands, and a gradient over all steps."""
    x, dy = normal(2, 4, 3), np.ones((2, 3), "float32")

    [y], weights = run_layer(read_by_layers, {}, [x])
    _, gradients = layer_gradients(read_by_layers, {}, [x], [dy])

    state = x.mean(1)
    for t in range(4):
        state = np.tanh(np.concatenate([state, x[:, t]], 1) @ weights["cell/kernel"] + weights["cell/bias"])
    np.testing.assert_allclose(state, y, atol=1e-6)
    assert {"input_0", "cell/kernel", "cell/bias"} == set(gradients)
    check_layer(read_by_layers, {}, inputs=[("N", 4, 3)], output=("N", 3))


def test_random_numbers_are_the_same_at_each_step():
    """They are a function of seed, step of the training and place, and a loop is one place."""
    [y], _ = run_layer(masked_alike, {}, [np.ones((2, 4, 50), "float32")], training=True)

    assert {0, 2} == set(np.unique(y))
    np.testing.assert_array_equal(np.repeat(y[:, :1], 4, axis=1), y)


@pytest.mark.parametrize("what", ["penalty", "update", "statistic"])
def test_what_a_step_cannot_do(what):
    """A value of one step is no value of the graph around it."""
    with pytest.raises(GraphError, match=rf"net\.{what} within a step of net\.scan\n.*use it after the loop"):
        run_layer(misled, {"what": what}, [normal(2, 4, 3)])


def test_states_keep_their_shapes():
    """A loop has one body for all steps."""
    with pytest.raises(GraphError, match=r"other shapes than it takes\n  found: .*\(N, 6\); allowed: .*\(N, 3\)"):
        run_layer(growing, {}, [normal(2, 4, 3)])
