"""Denormals count as zero while a step runs, and nowhere else."""

import json
import platform
import subprocess
import sys

import numpy as np
import pytest

from declnet.training.denormals import flushing

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc", reason="other processors keep their denormals"
)


def halved():
    """Half of the smallest normal number, as this thread computes it."""
    return (np.full(4, np.finfo("float32").tiny) * np.float32(0.5)).tolist()


def test_the_thread_s_state_is_put_back():
    before = halved()
    with flushing()():
        within = halved()

    assert [0.0] * 4 == within
    assert before == halved()


def test_also_after_an_error():
    before = halved()
    with pytest.raises(KeyError), flushing()():
        raise KeyError

    assert before == halved()


SCRIPT = """
import json
import numpy as np
import declnet
from declnet import backend
from declnet.training.runner import Runner
from declnet.training.step import training_graphs

spec = declnet.load({
    "name": "line",
    "inputs": {"x": {"shape": [1]}},
    "layers": [{"type": "dense", "units": 1, "bias": False, "name": "out"}],
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "adam", "learning_rate": 0.1},
        "epochs": 1,
        "batch_size": 1,
    },
})
graphs = training_graphs(spec)
values = {"out/kernel": np.zeros((1, 1), "f"), "step": np.array(0), "loss_total": np.zeros((), "f")}
values |= {slot.name: np.full(slot.shape, 2e-38, "f") for slot in graphs.slots.values()}
columns = {"x": np.zeros((1, 1), "f"), "y": np.zeros((1, 1), "f")}
runner = Runner(graphs, values, {}, columns, device=backend.device("cpu"))
for _ in range(20):
    runner.step(np.array([0]))
moment = float(runner.values()["out/kernel/first_moment"][0, 0])
half = float((np.full(4, np.finfo("float32").tiny) * np.float32(0.5))[0])
print(json.dumps([moment, half]))
"""


def test_training_flushes_moments_and_leaves_the_process_as_it_was():
    """Also where the step's session is the first of the process."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    moment, half = json.loads(done.stdout)

    assert 0.0 == moment
    assert 0.0 < half
