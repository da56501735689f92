"""Begin with the weights of another file."""

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from declnet import RunError
from declnet.training.transfer import transfer


def values():
    return {"a/kernel": np.zeros((2, 3), "float32"), "b/kernel": np.zeros((3, 1), "float32")}


def test_from_safetensors(tmp_path):
    given = {"a/kernel": np.ones((2, 3), "float32"), "b/kernel": np.full((3, 1), 2, "float32")}
    save_file(given, tmp_path / "w.safetensors")
    mine = values()

    assert ["a/kernel", "b/kernel"] == transfer(mine, tmp_path / "w.safetensors", strict=True)
    assert all(np.array_equal(given[name], mine[name]) for name in given)


def test_from_onnx(tmp_path):
    """The initializers of an ONNX file, by name."""
    weight = onnx.numpy_helper.from_array(np.ones((2, 3), "float32"), "a/kernel")
    graph = onnx.helper.make_graph([], "g", [], [], [weight])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "m.onnx")
    mine = values()

    assert ["a/kernel"] == transfer(mine, tmp_path / "m.onnx", strict=False)
    assert 6 == mine["a/kernel"].sum() and 0 == mine["b/kernel"].sum()


def test_strict_names_what_does_not_fit(tmp_path):
    save_file({"a/kernel": np.ones((2, 4), "float32")}, tmp_path / "w.safetensors")
    save_file({"a/kernel": np.ones((2, 3), "float32")}, tmp_path / "part.safetensors")

    with pytest.raises(RunError, match=r"'a/kernel' \(2, 3\), there \(2, 4\)"):
        transfer(values(), tmp_path / "w.safetensors", strict=False)
    with pytest.raises(RunError, match="'b/kernel'"):
        transfer(values(), tmp_path / "part.safetensors", strict=True)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    (tmp_path / "bad.onnx").write_bytes(b"nonsense")
    for name in ("none.safetensors", "bad.safetensors", "bad.onnx"):
        with pytest.raises(RunError, match="cannot be read"):
            transfer(values(), tmp_path / name, strict=True)
