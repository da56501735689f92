"""What an exported file computes and tells, and what is refused."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

import declnet
from declnet.export import parity
from declnet.export.parity import difference, random_rows

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((40, 1, 6, 6)).astype("float32")
LABELS = (IMAGES.mean(axis=(1, 2, 3)) > 0).astype("int64")
SPEC = {
    "name": "small",
    "inputs": {"image": {"shape": [1, 6, 6]}},
    "layers": [
        {"type": "conv", "filters": 3, "kernel": 3},
        {"type": "batch_norm", "momentum": 0.5},
        {"type": "activation", "function": "relu"},
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.5},
        {"type": "dense", "units": 2, "name": "logits"},
    ],
    "outputs": {"sign": {"from": "logits", "as": "class", "labels": ["minus", "plus"]}, "logits": {"from": "logits"}},
    "data": {"source": {"type": "npz", "path": "rows.npz"}, "split": {"test": 10}},
    "training": {
        "loss": {"type": "cross_entropy", "target": "label"},
        "optimizer": {"type": "sgd", "learning_rate": 0.05},
        "epochs": 2,
        "batch_size": 10,
        "metrics": ["accuracy"],
    },
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in a folder, with its data beside it."""
    folder = tmp_path_factory.mktemp("small")
    np.savez(folder / "rows.npz", image=IMAGES, label=LABELS)
    (folder / "spec.json").write_text(json.dumps(SPEC))
    return declnet.train(folder / "spec.json", out=folder / "run")


@pytest.fixture(scope="module")
def path(run):
    """The file exported from it."""
    path = run.folder.parent / "small.onnx"
    run.export(path)
    return path


def expected(run, images):
    """The logits in float64, by the formulas of the layers."""
    w = {name: value.astype("float64") for name, value in run.weights.items()}
    kernel, bias = (w[f"conv_1/{name}"] for name in ("kernel", "bias"))
    windows = np.lib.stride_tricks.sliding_window_view(images.astype("float64"), (3, 3), axis=(2, 3))
    x = np.einsum("nchwij,fcij->nfhw", windows, kernel) + bias[:, None, None]
    names = ("mean", "variance", "scale", "bias")
    mean, variance, scale, shift = (w[f"batch_norm_1/{name}"][:, None, None] for name in names)
    x = np.maximum((x - mean) / np.sqrt(variance + 1e-3) * scale + shift, 0)
    return x.reshape(len(x), -1) @ w["logits/kernel"] + w["logits/bias"]


@pytest.mark.parametrize("rows", [1, 7])
def test_file_alone(run, path, rows):
    """onnxruntime and numpy are enough to serve the file, whatever the number of rows."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    label, probability, logits = session.run(["sign", "sign_probability", "logits"], {"image": IMAGES[:rows]})
    wanted = expected(run, IMAGES[:rows])
    shares = np.exp(wanted) / np.exp(wanted).sum(axis=1, keepdims=True)

    np.testing.assert_allclose(logits, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(probability, shares, rtol=1e-4, atol=1e-4)
    assert [["minus", "plus"][k] for k in wanted.argmax(axis=1)] == label.tolist()


def test_only_inference_is_left(path):
    """No dropout, no batch statistics, no loss, no targets; standard operators only; the batch is free."""
    model = onnx.load(path)
    (image,) = model.graph.input
    nodes = {node.op_type: node for node in model.graph.node}

    assert "image" == image.name
    assert "N" == image.type.tensor_type.shape.dim[0].dim_param
    assert {"Conv", "BatchNormalization", "Relu"} <= set(nodes)
    assert {""} == {node.domain for node in model.graph.node}
    assert not any(
        attribute.name == "training_mode" and attribute.i for attribute in nodes["BatchNormalization"].attribute
    )
    assert {"Dropout", "SoftmaxCrossEntropyLoss", "BitShift"}.isdisjoint(nodes)


def test_spec_is_recovered(run, path):
    """The file gives back the spec, the weights, and how they came about."""
    opened = declnet.open_run(path)

    assert run.spec.document == opened.spec.document
    assert run.provenance == opened.provenance
    assert run.evaluate() == pytest.approx(opened.evaluate())
    for name, value in run.weights.items():
        np.testing.assert_array_equal(value, opened.weights[name])


def test_metadata(run, path):
    """The metadata name versions, plugins, inputs, outputs with labels, metrics and the proof."""
    metadata = declnet.open_run(path).file.metadata

    assert declnet.__version__ == metadata["version"]
    assert "conv" in metadata["plugins"]
    assert {"image": {"dtype": "float32", "shape": [1, 6, 6]}} == metadata["inputs"]
    assert ["minus", "plus"] == metadata["outputs"]["sign"]["labels"]
    assert {"split": "test", **run.evaluate()} == metadata["metrics"]
    assert (10, "test") == (metadata["parity"]["rows"], metadata["parity"]["rows_from"])


def test_training_goes_on_from_the_file(run, path):
    """A spec may start with the weights of an exported file."""
    start = {**SPEC["training"], "epochs": 1, "initialize_from": {"path": path.name}}
    start["optimizer"] = {"type": "sgd", "learning_rate": 1e-30}
    (path.parent / "next.json").write_text(json.dumps({**SPEC, "training": start}))
    again = declnet.train(path.parent / "next.json")

    np.testing.assert_array_equal(run.weights["logits/kernel"], again.weights["logits/kernel"])


def test_parity_failure_writes_nothing(run, tmp_path, monkeypatch):
    """A file that predicts something else than the run is refused."""
    truth = run.predict
    monkeypatch.setattr(
        run, "predict", lambda rows: {n: v + 0.01 if n == "logits" else v for n, v in truth(rows).items()}
    )
    with pytest.raises(declnet.RunError) as caught:
        run.export(tmp_path / "small.onnx")

    (found,) = caught.value.diagnostics
    assert "DN5003" == found.code
    assert "'logits'" in found.message and "0.01" in found.found
    assert [] == list(tmp_path.iterdir())


def test_tolerance(run, tmp_path, monkeypatch):
    """A greater tolerance accepts a greater difference, and the report tells both."""
    truth = run.predict
    monkeypatch.setattr(
        run, "predict", lambda rows: {n: v + 0.01 if n == "logits" else v for n, v in truth(rows).items()}
    )
    report = run.export(tmp_path / "small.onnx", tolerance=0.02)

    assert 0.02 == report["parity"]["tolerance"]
    assert report["parity"]["outputs"]["logits"]["absolute"] == pytest.approx(0.01, rel=1e-3)


def test_without_data(tmp_path):
    """A run on arrays that are gone is compared on random numbers, and the report says so."""
    spec = {key: value for key, value in SPEC.items() if key != "data"}
    declnet.train(spec, out=tmp_path / "run", data={"image": IMAGES, "label": LABELS})
    report = declnet.open_run(tmp_path / "run").export(tmp_path / "small.onnx")

    assert "random numbers" == report["parity"]["rows_from"]
    assert report == json.loads((tmp_path / "run" / "export.json").read_text())


@pytest.mark.parametrize("name", ["none/small.onnx", "."])
def test_impossible_path(run, tmp_path, name):
    """A folder that is not there, or a folder in place of a file."""
    with pytest.raises(declnet.RunError, match="cannot be written"):
        run.export(tmp_path / name)


def test_lacking_weights(run):
    """Weights of another spec are refused by name and shape."""
    weights = {**run.weights, "logits/bias": np.zeros(3, "float32")}
    with pytest.raises(declnet.RunError, match="'logits/bias'") as caught:
        run.program.served(weights)

    assert "(3,)" == caught.value.diagnostics[0].found


def test_difference():
    """Relative to 1 below 1; NaN is like NaN only; texts and integers are equal or not."""
    one, inf = np.array([0.5, 200.0, np.nan]), {"absolute": np.inf, "relative": np.inf}

    assert {"absolute": 2.0, "relative": 0.01} == difference(one, np.array([0.5, 202.0, np.nan]))
    assert inf == difference(one, np.array([0.5, 200.0, 1.0]))
    assert {"unequal": 1} == difference(np.array(["a", "b"], object), np.array(["a", "c"], object))
    assert {"unequal": 3} == difference(one, one[:2])


def test_random_rows():
    """The same numbers each time, of the types and shapes of the inputs."""
    spec = declnet.load({"inputs": {"x": {"shape": [2]}}, "layers": [{"type": "dense", "units": 1}]})
    first, second = random_rows(spec), random_rows(spec)

    assert ((32, 2), np.float32) == (first["x"].shape, first["x"].dtype)
    np.testing.assert_array_equal(first["x"], second["x"])


def test_the_file_tells_nothing_of_the_machine(tmp_path):
    """Of a path to data, the file keeps the last part only."""
    (tmp_path / "secret folder").mkdir()
    np.savez(tmp_path / "secret folder" / "data.npz", x=np.zeros((8, 3), "f"), y=np.zeros((8, 1), "f"))
    spec = {
        "name": "line",
        "inputs": {"x": {"shape": [3]}},
        "layers": [{"type": "dense", "units": 1}],
        "data": {"source": {"type": "npz", "path": str(tmp_path / "secret folder" / "data.npz")}},
        "training": {
            "loss": {"type": "mean_squared_error", "target": "y"},
            "optimizer": {"type": "sgd", "learning_rate": 0.1},
            "epochs": 1,
            "batch_size": 4,
        },
    }
    run = declnet.train(declnet.load(spec, trusted=True))
    run.export(tmp_path / "line.onnx")

    assert b"secret" not in (tmp_path / "line.onnx").read_bytes()
    assert b"data.npz" in (tmp_path / "line.onnx").read_bytes()


def test_a_tie_of_two_classes_is_no_difference():
    """A class may change where its probability is that of another to the last digits, and nowhere else."""
    probability = np.array([[0.5, 0.5], [0.9, 0.1]])
    certain = parity._certain(probability)

    assert [False, True] == certain.tolist()
    assert {"unequal": 0} == difference(np.array([0, 0]), np.array([1, 0]), certain)
    assert {"unequal": 1} == difference(np.array([0, 0]), np.array([0, 1]), certain)
