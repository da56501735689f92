"""No wheel of onnxruntime is installed: what needs none works, and what does says what to install."""

import json
import subprocess
import sys

import pytest

# A module that is None in sys.modules cannot be imported, as if it were not installed.
BLOCKED = "import sys; sys.modules['onnxruntime'] = None\n"
CALL = f"{BLOCKED}from declnet.cli import main; main()"

SPEC = {
    "name": "two",
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "dense", "units": 2}],
    "training": {
        "loss": {"type": "cross_entropy", "target": "y"},
        "optimizer": "sgd",
        "epochs": 1,
        "batch_size": 4,
    },
}


@pytest.fixture
def spec(tmp_path):
    """The path of a spec."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(SPEC))
    return path


@pytest.fixture
def call():
    """The command line; gives the exit code, stdout and stderr."""

    def call(*arguments):
        command = [sys.executable, "-c", CALL, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout, done.stderr

    return call


def test_plugins_are_listed(call):
    """All of them; that of ONNX Runtime offers nothing."""
    code, stdout, stderr = call("plugins", "--json")

    assert (0, "") == (code, stderr)
    offers = {each["plugin"]: each["offers"] for each in json.loads(stdout)}
    assert {} == offers["onnxruntime"]
    assert "dense" in offers["dense"]["layer"]


@pytest.mark.parametrize("verb", ["train", "compile"])
def test_what_needs_it_says_what_to_install(call, spec, tmp_path, verb):
    """A message with a hint, and no traceback."""
    code, _, stderr = call(verb, spec, "-o", tmp_path / "out")

    assert 2 == code
    assert [
        "error[DN6001]",
        "onnxruntime is not installed",
        "install one of declnet[training], declnet[training-cuda], declnet[cpu] or declnet[cuda]",
    ] == [line.strip() for line in stderr.splitlines()]


def test_another_runtime_trains(install_third_party, spec, tmp_path):
    """That of a plugin compiles, trains and measures; an export is held against ONNX Runtime, and says so."""
    script = f"""{BLOCKED}
import json
import numpy as np
import declnet
_, spec, folder = sys.argv
rows = {{"x": np.eye(3, dtype=np.float32).repeat(4, axis=0), "y": np.arange(12) % 2}}
run = declnet.train(spec, data=rows, runtime="python")
try:
    run.export(folder + "/two.onnx")
except declnet.BackendError as error:
    print(json.dumps([run.history, error.diagnostics[0].message]))
"""

    history, refusal = json.loads(install_third_party("declnet_seams")("-c", script, spec, tmp_path).splitlines()[-1])

    assert 0 < history[0]["loss"] < 2
    assert "onnxruntime is not installed" == refusal
    assert not (tmp_path / "two.onnx").exists()
