"""The ONNX exporter: files that load, and old files that survive."""

import numpy as np
import onnx
import onnxruntime
import pytest
from declnet_onnx import exporter
from declnet_onnx import onnx as write

from declnet import RunError

WEIGHT = np.arange(400, dtype=np.float32).reshape(20, 20)


@pytest.fixture
def model():
    """y = x @ weight."""
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "product",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 20])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["N", 20])],
        [onnx.numpy_helper.from_array(WEIGHT, "weight")],
    )
    return onnx.helper.make_model(graph, ir_version=10, opset_imports=[onnx.helper.make_opsetid("", 21)])


@pytest.mark.parametrize(
    "external_data, names",
    [
        ("auto", ["m.onnx"]),
        ("never", ["m.onnx"]),
        ("always", ["m.onnx", "m.onnx.data"]),
    ],
)
def test_written_model_runs(model, tmp_path, external_data, names):
    """Another runtime session computes from the file what the model says; nothing else is left in the folder."""
    write(model, tmp_path / "m.onnx", external_data=external_data)

    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    x = np.ones((2, 20), np.float32)
    np.testing.assert_array_equal(x @ WEIGHT, session.run(None, {"x": x})[0])
    assert names == sorted(file.name for file in tmp_path.iterdir())
    assert model.graph.initializer[0].raw_data == WEIGHT.tobytes()


def test_large_models_get_a_data_file(model, tmp_path, monkeypatch):
    """Above the limit, auto writes two files, and never refuses before it touches anything."""
    monkeypatch.setattr(exporter, "INLINE_LIMIT", WEIGHT.nbytes - 1)

    with pytest.raises(RunError, match=r"(?s)1,600 bytes.*external_data"):
        write(model, tmp_path / "never.onnx", external_data="never")
    assert [] == list(tmp_path.iterdir())

    write(model, tmp_path / "auto.onnx", external_data="auto")
    assert ["auto.onnx", "auto.onnx.data"] == sorted(file.name for file in tmp_path.iterdir())
    assert (tmp_path / "auto.onnx").stat().st_size < WEIGHT.nbytes


def test_the_same_model_gives_the_same_file(model, tmp_path):
    """An export is a function of the model."""
    for name in ("a.onnx", "b.onnx"):
        write(model, tmp_path / name, external_data="auto")

    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_a_full_disk_leaves_the_old_file(model, tmp_path, monkeypatch):
    """What was there before is still there, and no draft is."""

    def full(handle):
        raise OSError(28, "No space left on device")

    (tmp_path / "m.onnx").write_bytes(b"old")
    monkeypatch.setattr(exporter.os, "fsync", full)

    with pytest.raises(RunError, match="No space left on device"):
        write(model, tmp_path / "m.onnx", external_data="auto")

    assert {"m.onnx": b"old"} == {file.name: file.read_bytes() for file in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["absent/m.onnx", "folder"])
def test_paths_that_cannot_be_written(model, tmp_path, name):
    """A folder that is missing, or in the way, is an error with the path in it."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(RunError, match=name):
        write(model, tmp_path / name, external_data="auto")

    assert ["folder"] == [file.name for file in tmp_path.iterdir()]
