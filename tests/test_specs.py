"""Every spec in specs/ checks, compiles, trains, and exports."""

from pathlib import Path

import numpy as np
import pytest

import declnet

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.json"))
ROWS = 12


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def path(request):
    return request.param


def rows(spec, seed):
    """Random rows for the inputs of a spec, and for its targets, which are classes."""
    random = np.random.default_rng(seed)
    columns = {
        name: random.integers(0, 256, (ROWS, *given.shape), "uint8")
        if given.dtype == "uint8"
        else random.random((ROWS, *given.shape), "float32")
        for name, given in spec.inputs.items()
    }
    classes = len(next(iter(spec.outputs.values()))["labels"])
    return columns | {loss["target"]: np.arange(ROWS) % classes for loss in spec.training["loss"]}


def test_spec_has_no_mistakes(path):
    """And no warnings."""
    _, diagnostics = declnet.check(path)

    assert [] == diagnostics


def test_spec_compiles_to_standard_operators(path):
    """In the standard form, any onnxruntime can train it."""
    program = declnet.compile(declnet.load(path), kernels="standard")

    models = (program.forward, program.gradient, program.update, program.step, program.inference)
    assert {""} == {node.domain for model in models for node in model.graph.node}


def test_spec_trains_and_exports(path, tmp_path):
    """Two epochs of a few rows: the loss of the training rows falls, and the exported file is proved."""
    spec = declnet.load(path, {"training.epochs": 2, "training.batch_size": 4})
    train = rows(spec, 0)

    run = declnet.train(spec, data={"train": train, "validation": rows(spec, 1), "test": rows(spec, 2)})
    report = run.export(tmp_path / "model.onnx")

    losses = [record["loss"] for record in run.history]
    assert losses[-1] < losses[0]
    assert (tmp_path / "model.onnx").is_file()
    assert all(max(found.values()) <= 1e-4 for found in report["parity"]["outputs"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name, accuracy", [("lenet5", 0.97), ("mlp", 0.94)])
def test_spec_reaches_its_accuracy(root, name, accuracy):
    """On the digits, with the settings of the spec, on rows that the training has not seen."""
    run = declnet.train(root / "specs" / f"{name}.json")

    assert accuracy <= run.evaluate()["accuracy"]
