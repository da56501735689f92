"""The runner's two buffers against a plain loop over session.run."""

import numpy as np

import declnet
from declnet import backend
from declnet.compiler import initial_weights
from declnet.training.runner import Runner
from declnet.training.step import training_graphs

SPEC = {
    "name": "line",
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "dense", "units": 1, "name": "out"}],
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        "epochs": 1,
        "batch_size": 4,
    },
}


def setting():
    spec = declnet.load(SPEC)
    graphs = training_graphs(spec)
    random = np.random.default_rng(0)
    columns = {"x": random.random((20, 3), "float32"), "y": random.random((20, 1), "float32")}
    values = initial_weights(spec) | {slot.name: np.zeros(slot.shape, "float32") for slot in graphs.slots.values()}
    return graphs, values | {"step": np.array(0), "loss_total": np.zeros((), "float32")}, columns


def test_bound_buffers_give_what_plain_runs_give():
    """Batches of different sizes, an odd number of steps."""
    graphs, values, columns = setting()
    runner = Runner(graphs, values, {}, columns, device=backend.device("cpu"))
    session = backend.session(graphs.step.SerializeToString(), backend.device("cpu"))
    state = dict(values)
    for index in (np.arange(4), np.array([7, 3, 9, 1]), np.array([5, 2]), np.array([0, 19, 4, 4]), np.array([8, 6])):
        runner.step(index)
        result = backend.run(session, {**state, **{name: column[index] for name, column in columns.items()}})
        state |= {name.removesuffix("_next"): value for name, value in result.items() if name.endswith("_next")}

        assert float(result["loss"].reshape(())) == runner.loss()
    found = runner.values()
    assert set(graphs.carried) == set(found)
    assert all(np.array_equal(state[name], found[name]) for name in found)


def test_the_caller_s_arrays_are_not_touched():
    """Initial weights are copied: a second run can begin with them."""
    graphs, values, columns = setting()
    before = {name: value.copy() for name, value in values.items()}
    runner = Runner(graphs, values, {}, columns, device=backend.device("cpu"))
    for _ in range(3):
        runner.step(np.arange(4))

    assert all(np.array_equal(before[name], values[name]) for name in values)


def test_a_carried_tensor_can_be_set():
    graphs, values, columns = setting()
    runner = Runner(graphs, values, {}, columns, device=backend.device("cpu"))
    runner.step(np.arange(4))
    runner.set("loss_total", np.zeros((), "float32"))

    assert 0.0 == runner.values()["loss_total"]
