"""Checkpoints: what a crash or a full disk leaves."""

import errno
import os

import numpy as np
import pytest

from declnet import RunError
from declnet.training import checkpoint
from declnet.training.checkpoint import Checkpoint

CONTENT = Checkpoint({"w": np.arange(6, dtype="float32").reshape(2, 3), "step": np.array(7)}, {"epoch": 2, "note": "é"})


def test_a_checkpoint_is_read_as_it_was_written(tmp_path):
    checkpoint.write(tmp_path / "a.safetensors", CONTENT)
    found = checkpoint.read(tmp_path / "a.safetensors")

    assert CONTENT.state == found.state
    assert {"w", "step"} == set(found.tensors)
    assert np.array_equal(CONTENT.tensors["w"], found.tensors["w"])
    assert () == found.tensors["step"].shape and 7 == found.tensors["step"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path, monkeypatch, broken):
    """The write fails, the error says so, and what was there is still there."""
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, CONTENT)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(RunError, match="No space left on device"):
        checkpoint.write(path, Checkpoint({"w": np.zeros(3)}, {}))

    assert before == path.read_bytes()
    assert ["a.safetensors"] == os.listdir(tmp_path)


def test_a_file_cut_short_is_refused(tmp_path):
    """A copy that broke off is not taken for a checkpoint."""
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, CONTENT)
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(RunError, match=r"cannot be read"):
        checkpoint.read(path)


def test_a_stranger_s_safetensors_file_is_no_checkpoint(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": np.zeros(3)}, tmp_path / "a.safetensors")

    with pytest.raises(RunError, match="no checkpoint of declnet"):
        checkpoint.read(tmp_path / "a.safetensors")


@pytest.mark.parametrize("state", [{"format": checkpoint.FORMAT + 1}, {}])
def test_a_checkpoint_of_another_format_is_refused(tmp_path, state):
    """One reader knows the format, for resuming as for beginning with these weights."""
    import json

    from safetensors.numpy import save_file

    from declnet.training.transfer import transfer

    path = tmp_path / "a.safetensors"
    save_file({"w": np.zeros(3, "float32")}, path, metadata={"declnet": json.dumps({"epoch": 1, **state})})

    with pytest.raises(RunError, match="a format that this declnet does not read"):
        checkpoint.read(path)
    with pytest.raises(RunError, match="a format that this declnet does not read"):
        transfer({"w": np.ones(3, "float32")}, path, strict=True)
