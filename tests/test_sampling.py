"""Draws from generative models."""

import numpy as np
import pytest

import declnet

TRAINING = {"optimizer": "adam", "epochs": 1, "batch_size": 4}
NOISE = {
    "name": "draws",
    "inputs": {"x": {"shape": [2]}},
    "layers": [
        {"type": "noise", "shape": [3], "name": "prior"},
        {"type": "dense", "units": 3, "kernel_initializer": "identity", "freeze": True, "name": "drawn"},
        {"type": "dense", "units": 1, "inputs": "x", "name": "score"},
    ],
    "outputs": {"score": "score", "sample": "drawn"},
    "training": {**TRAINING, "loss": {"type": "mean_squared_error", "from": "score", "target": "y"}},
}
LABELLED = {
    **NOISE,
    "inputs": {"x": {"shape": [2]}, "label": {"shape": [], "dtype": "int64"}},
    "layers": [
        {"type": "noise", "shape": [3], "inputs": "x", "name": "prior"},
        {"type": "one_hot", "classes": 3, "inputs": "label", "name": "digit"},
        {"type": "concat", "inputs": ["digit", "prior"], "name": "drawn"},
        {"type": "dense", "units": 1, "inputs": "x", "name": "score"},
    ],
}


def trained(spec):
    rows = {"x": np.zeros((8, 2), "float32"), "y": np.zeros((8, 1), "float32"), "label": np.zeros(8, "int64")}
    return declnet.train(spec, data=rows)


@pytest.fixture(scope="module")
def run():
    return trained(NOISE)


def test_draws_have_the_noise_s_distribution(run):
    """The layer after the noise is the identity: mean 0, variance 1, no two rows alike."""
    drawn = run.sample(4000)

    assert (4000, 3) == drawn.shape
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(3), atol=0.08)
    assert 4000 == len(np.unique(drawn, axis=0))


def test_draws_are_a_function_of_the_seed(run):
    """The same seed gives the same draws, another one others."""
    assert (run.sample(5, seed=1) == run.sample(5, seed=1)).all()
    assert (run.sample(5, seed=1) != run.sample(5, seed=2)).all()


def test_an_exported_file_draws_the_same(run, tmp_path):
    """From the file's own graph."""
    run.export(tmp_path / "draws.onnx")

    assert (run.sample(5, seed=3) == declnet.open_run(tmp_path / "draws.onnx").sample(5, seed=3)).all()


def test_classes_are_drawn_in_turn():
    """An input of class numbers that the output reads takes each class; rows that are given win."""
    run = trained(LABELLED)

    assert [0, 1, 2, 0, 1] == run.sample(5)[:, :3].argmax(axis=1).tolist()
    assert [2, 2] == run.sample(2, data={"label": np.array([2, 2])})[:, :3].argmax(axis=1).tolist()


@pytest.mark.parametrize(
    "spec, call, said",
    [
        (NOISE, {"output": "score"}, "random outputs|allowed: 'sample'"),
        ({**NOISE, "outputs": {"score": "score"}}, {}, "random outputs: none"),
        ({**NOISE, "outputs": {"a": "drawn", "b": "prior"}}, {}, "name one with --output"),
        (LABELLED, {"data": {"label": np.array([0, 1])}}, "another number of rows"),
        (LABELLED, {"data": {"lable": np.arange(5)}}, "(?s)nothing that was given.*found: 'lable'; allowed: 'label'"),
        (NOISE, {"data": {"x": np.zeros((5, 2), "float32")}}, "(?s)nothing that was given.*it reads no input"),
    ],
)
def test_refusals(spec, call, said):
    """What cannot be drawn is told, with what can."""
    with pytest.raises(declnet.DeclnetError, match=said):
        trained(spec).sample(5, **call)


@pytest.mark.parametrize(
    "count, seed, said", [(0, 0, "count.*found: 0; allowed: 1 or more"), (1, -1, "seed"), (1, 2**31, "seed")]
)
def test_numbers_out_of_range(run, count, seed, said):
    with pytest.raises(declnet.RunError, match=f"(?s){said}"):
        run.sample(count, seed=seed)


def test_rows_that_are_needed_are_asked_for():
    """A sampling layer that always draws reads the model's input."""
    layers = [
        {"type": "dense", "units": 2, "name": "mean"},
        {"type": "sampling", "inputs": ["mean", "x"], "when": "always", "name": "drawn"},
        {"type": "dense", "units": 1, "inputs": "drawn", "name": "score"},
    ]
    run = trained({**NOISE, "layers": layers, "outputs": {"sample": "drawn"}})

    with pytest.raises(declnet.DataError, match="depends on the input 'x'"):
        run.sample(5)
    assert (5, 2) == run.sample(5, data={"x": np.ones((5, 2), "float32")}).shape
