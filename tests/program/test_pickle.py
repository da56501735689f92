"""A program goes to other processes, which train it there: trials, folds, workers."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import declnet
from declnet import Program
from declnet.plugins import Plugins
from declnet.spec import parse
from declnet.target import TRAINING

LINE = {
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "dense", "units": 1}, {"type": "dropout", "rate": 0.2}],
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": "sgd",
        "epochs": 2,
        "batch_size": 4,
    },
}


def weights(program):
    """The weights at the end of a training of eight rows."""
    data = {"x": np.random.default_rng(0).random((8, 3), "float32"), "y": np.ones((8, 1), "float32")}
    return dict(declnet.train(program, data=data, threads=1).weights)


@pytest.mark.parametrize("name", ["lenet5", "gan", "lstm"])
def test_a_program_comes_back_with_the_same_graphs(root, name):
    """Whether or not they were made before; the plugins are those of the environment."""
    program = Program(parse(root / "specs" / f"{name}.json"), TRAINING)
    step = program.step.SerializeToString(deterministic=True)

    again = pickle.loads(pickle.dumps(program))

    assert step == again.step.SerializeToString(deterministic=True)
    assert program.spec == again.spec
    assert program.target == again.target
    assert program.plugins is again.plugins


def test_a_mistake_keeps_its_place(tmp_path):
    """What the other process tells of the spec, it tells with file and line."""
    (tmp_path / "spec.json").write_text('{"inputs": {"x": {"shape": [3]}},\n "layers": [{"type": "dense"}]}')
    program = Program(parse(tmp_path / "spec.json"))

    again = pickle.loads(pickle.dumps(program))

    assert 2 == again.errors[0].line
    assert program.errors == again.errors


def test_a_program_of_other_plugins_is_not_pickled():
    """Another process would find those that are installed, and make another program."""
    with pytest.raises(TypeError, match="only the plugins of the environment"):
        pickle.dumps(Program(parse(LINE), plugins=Plugins([])))


def test_another_process_trains_it():
    """It is all that a new process needs, and ends where this one ends."""
    program = declnet.compile(LINE)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(weights, program).result(timeout=120)

    here = weights(program)
    assert list(here) == list(there)
    assert all(np.array_equal(here[name], there[name]) for name in here)
