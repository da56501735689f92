"""Every spec in specs/ checks, compiles, trains, resumes, and exports."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import declnet
from declnet import Interrupted, Observer
from declnet.program import Program
from declnet.run import read_table, split_table

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.json"))
ROWS = 12


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def path(request):
    return request.param


def data_of(spec):
    """A few rows of the data that a spec names; random ones where those are files that are not here."""
    try:
        rows = split_table(spec, read_table(spec, None), False).train
        columns = {name: rows[name][:ROWS] for name in rows.columns}
    except declnet.DataError:
        random, program = np.random.default_rng(0), Program(spec)
        columns = {column.name: sample(random, column) for column in (*program.features, *program.targets)}
    return {"train": columns, "validation": columns, "test": columns}


def sample(random, column):
    shape, dtype = (ROWS, *column.shape), np.dtype(column.dtype)
    return random.random(shape, "float32") if dtype.kind == "f" else random.integers(0, column.below or 2, shape, dtype)


def test_spec_has_no_mistakes(path):
    """And no warnings."""
    _, diagnostics = declnet.check(path)

    assert [] == diagnostics


def test_spec_compiles_to_standard_operators(path):
    """In the standard form, any onnxruntime can train it."""
    program = declnet.compile(declnet.load(path), target="standard")

    halves = [model for half in program.halves for model in (half.gradient, half.update)]
    assert {""} == {
        node.domain
        for model in (program.forward, program.step, program.inference, *halves)
        for node in model.graph.node
    }


class Stop(Observer):
    """Stops the training after its first epoch, as Ctrl-C does."""

    def epoch_ended(self, trainer, record):
        if record["epoch"] == 1:
            os.kill(os.getpid(), signal.SIGINT)


def test_spec_trains_resumes_and_exports(path, tmp_path):
    """Two epochs of a few rows, in one go and in two, end with the same weights; the exported file is proved."""
    spec = declnet.load(path, {"training.epochs": 2, "training.batch_size": 4, **pretrained(path, tmp_path)})
    data, before = data_of(spec), Program(spec).initial_weights()

    run = declnet.train(spec, data=data)
    with pytest.raises(Interrupted):
        declnet.train(spec, data=data, out=tmp_path / "run", observers=[Stop()])
    resumed = declnet.train(spec, data=data, out=tmp_path / "run", resume=True)
    report = run.export(tmp_path / "model.onnx")

    assert run.history == resumed.history
    assert all(np.isfinite(value).all() for value in run.weights.values())
    assert any((run.weights[name] != before[name]).any() for name in before)
    assert all((run.weights[name] == resumed.weights[name]).all() for name in before)
    assert (tmp_path / "model.onnx").is_file()
    assert all(max(found.values()) <= 1e-4 for found in report["parity"]["outputs"].values())


def pretrained(path, folder):
    """An override that lets a spec begin with weights of a file in *folder*, where it begins with some."""
    spec = declnet.load(path)
    if not spec.training.initialize_from:
        return {}
    save_file(Program(spec).initial_weights(), folder / "pretrained.safetensors")
    return {"training.initialize_from.path": str(folder / "pretrained.safetensors")}


@pytest.mark.slow
def test_alexnet_at_full_size(root, tmp_path):
    """227x227 pixels and the paper's widths: 58 million weights and a step that changes them."""
    full = {"variables.size": 227, "variables.divisor": 1, "training.epochs": 1, "training.batch_size": 2}
    spec = declnet.load(root / "specs" / "alexnet.json", full)
    random = np.random.default_rng(0)
    rows = {"image": random.random((2, 1, 227, 227), "float32"), "label": np.array([3, 7])}

    run = declnet.train(spec, data={"train": rows, "validation": rows, "test": rows})
    before = Program(spec).initial_weights()

    # One channel instead of three, one tower instead of two, ten classes instead of a thousand.
    assert 58_299_082 == declnet.compile(spec).summary().total.parameters
    assert all((run.weights[name] != before[name]).any() for name in before)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, accuracy",
    [
        ("lenet5", 0.97),
        ("mlp", 0.94),
        ("perceptron", 0.93),
        ("logistic_regression", 0.94),
        ("tabular_classification", 0.94),
        ("softmax_regression", 0.88),
        ("resnet_small", 0.96),
    ],
)
def test_spec_reaches_its_accuracy(root, name, accuracy):
    """With the settings of the spec, on rows that the training has not seen."""
    spec = declnet.load(root / "specs" / f"{name}.json")
    folder = Path(spec.data.source.get("path", root))
    if not folder.exists():
        pytest.skip(f"{folder} is not there; scripts/fetch_data.py fetches it")

    assert accuracy <= declnet.train(spec).evaluate()["accuracy"]
