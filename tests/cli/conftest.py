"""A small spec, a run of it, and a way to call verbs as the shell would."""

import json
import os

import pytest
from typer.testing import CliRunner

from declnet.cli import app

SPEC = {
    "name": "iris",
    "inputs": {"features": {"shape": [4]}},
    "layers": [
        {"type": "standardize"},
        {"type": "dense", "units": 8, "activation": "relu"},
        {"type": "dropout", "rate": 0.1},
        {"type": "dense", "units": 3, "name": "logits"},
    ],
    "outputs": {"species": {"from": "logits", "as": "class", "labels": ["setosa", "versicolor", "virginica"]}},
    "data": {
        "source": {"type": "sklearn", "dataset": "iris"},
        "split": {"validation": 0.2, "test": 0.2, "stratify": True},
    },
    "training": {
        "loss": {"type": "cross_entropy", "from": "logits", "target": "label"},
        "optimizer": {"type": "adam", "learning_rate": 0.02},
        "epochs": 5,
        "batch_size": 16,
        "metrics": ["accuracy"],
    },
}


@pytest.fixture(scope="session")
def call():
    """Call a verb; return (exit code, stdout, stderr). What is no exit is raised, so that no traceback passes."""

    def call(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.fixture
def spec(tmp_path):
    """The path of a sound spec, alone in its folder."""
    return write(tmp_path / "iris.json", SPEC)


@pytest.fixture(scope="session")
def run(tmp_path_factory, call):
    """A trained run; tests must not change it."""
    folder = tmp_path_factory.mktemp("trained")
    code, _, stderr = call("train", write(folder / "iris.json", SPEC), "-o", folder / "run")
    assert code == 0, stderr
    return folder / "run"


@pytest.fixture(scope="session")
def exported(run, call):
    """The ONNX file of that run."""
    code, _, stderr = call("export", run, "-o", run.parent / "iris.onnx")
    assert code == 0, stderr
    return run.parent / "iris.onnx"


@pytest.fixture
def files(tmp_path):
    """What is in the test's folder: to see that nothing was written."""
    return lambda: sorted(os.listdir(tmp_path))


def write(path, document):
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return path
