"""Denormals count as zero while a step runs, and nowhere else."""

import json
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from declnet.runtime.denormals import flushing

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


def test_one_session_may_be_entered_twice():
    """By one thread, or by two at once: each has back the state that it came with."""
    before, flushed = halved(), flushing()

    def within():
        with flushed():
            return halved()

    with ThreadPoolExecutor(1) as other:
        assert before == other.submit(halved).result()  # a thread begins with the state of the one that makes it
        with flushed():
            assert [[0.0] * 4] * 2 == [within(), halved()]
            assert [[0.0] * 4, before] == [other.submit(each).result() for each in (within, halved)]

    assert before == halved()


SCRIPT = """
import json
import numpy as np
import declnet
from declnet.data import ArrayRows
from declnet.runtime import open_runtime

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
program = declnet.compile(spec)
values = {"out/kernel": np.zeros((1, 1), "f"), "step": np.array(0), "loss_total": np.zeros((), "f")}
values |= {slot.name: np.full(slot.shape, 2e-38, "f") for slot in program.slots.values()}
rows = ArrayRows({"x": np.zeros((1, 1), "f"), "y": np.zeros((1, 1), "f")})
stepper = declnet.Whole()
stepper.begin(program, rows, values, open_runtime())
for _ in range(20):
    stepper.step(np.array([0]))
moment = float(stepper.state()["out/kernel/first_moment"][0, 0])
half = float((np.full(4, np.finfo("float32").tiny) * np.float32(0.5))[0])
print(json.dumps([moment, half]))
"""


def test_training_flushes_moments_and_leaves_the_process_as_it_was():
    """Also where the step's session is the first of the process."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    moment, half = json.loads(done.stdout)

    assert 0.0 == moment
    assert 0.0 < half
