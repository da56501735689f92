"""train, evaluate, predict, export."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
from sklearn.datasets import load_iris

ROWS = load_iris().data.astype("float32")[:7]


def test_train_reports(call, spec, tmp_path):
    """One line for each epoch, then the test figures and what may follow."""
    out = tmp_path / "run"
    code, stdout, stderr = call("train", spec, "-o", out, "--set", "training.epochs=2")
    lines = stdout.splitlines()

    assert (0, "") == (code, stderr)
    assert lines[0].startswith("epoch 1/2  loss ")
    assert "validation_accuracy" in lines[1]
    assert "test split" in stdout and "accuracy" in stdout
    assert f"declnet export {out} -o iris.onnx" in stdout


def test_train_never_overwrites(call, run):
    """A run folder stays as it is, unless --force is given."""
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    code, _, stderr = call("train", run.parent / "iris.json", "-o", run)

    assert 2 == code
    assert "--force" in stderr and "--resume" in stderr
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_train_bad_override(call, spec, files):
    """A misspelt override is told like a mistake in the file, and nothing is started."""
    code, _, stderr = call("train", spec, "-o", spec.parent / "run", "--set", "training.epohcs=5")

    assert 2 == code
    assert "did you mean 'epochs'" in stderr
    assert ["iris.json"] == files()


def test_train_unknown_device(call, spec, files):
    """A device that is not there is refused before anything is written."""
    code, _, stderr = call("train", spec, "-o", spec.parent / "run", "--device", "gpu")

    assert 2 == code
    assert "cpu, cuda" in stderr
    assert ["iris.json"] == files()


def test_threads_are_recorded(call, spec, tmp_path):
    """They are those of the training, and of a verb that opens the run; less than one is refused."""
    out = tmp_path / "run"
    code, _, _ = call("train", spec, "-o", out, "--set", "training.epochs=1", "--threads", "1")

    assert (0, 1) == (code, json.loads((out / "run.json").read_text())["threads"])
    assert 0 == call("evaluate", out, "--threads", "1")[0]
    assert 2 == call("evaluate", out, "--threads", "0")[0]


def test_interrupt_says_how_to_resume(call, spec, tmp_path, monkeypatch):
    """Ctrl-C ends with exit code 130 and the command that goes on."""
    import declnet
    from declnet import Interrupted

    def interrupted(*_, **__):
        raise Interrupted

    monkeypatch.setattr(declnet, "train", interrupted)
    code, stdout, stderr = call("train", spec, "-o", tmp_path / "run", "--set", "training.epochs=9")

    assert (130, "") == (code, stderr)
    assert f"declnet train {spec} -o {tmp_path / 'run'} --set training.epochs=9 --resume" in stdout


def test_evaluate_run_and_file_agree(call, run, exported):
    """The exported file has the figures of the run."""
    figures = [json.loads(call("evaluate", path, "--json")[1]) for path in (run, exported)]

    assert {"loss", "accuracy"} == set(figures[0])
    assert figures[0] == pytest.approx(figures[1], abs=1e-6)


def test_evaluate_table(call, run):
    """Without --json the figures come as a table that names the split."""
    code, stdout, _ = call("evaluate", run, "--split", "validation")

    assert 0 == code
    assert "validation split" in stdout and "accuracy" in stdout


def test_evaluate_data(call, run, tmp_path):
    """Rows of a file may stand for a split; the accuracy is counted by hand."""
    data = load_iris()
    np.savez(tmp_path / "all.npz", features=data.data, label=data.target)
    figures = json.loads(call("evaluate", run, "--data", tmp_path / "all.npz", "--json")[1])
    call("predict", run, "-i", tmp_path / "all.npz", "-o", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as outputs:
        right = np.mean(outputs["species"] == data.target_names[data.target])

    assert right == pytest.approx(figures["accuracy"])


@pytest.mark.parametrize("verb", [["evaluate"], ["predict", "-i", "x.npz"], ["export", "-o", "x.onnx"]])
def test_not_a_run(call, tmp_path, verb, monkeypatch):
    """What is no run and no file says so, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    code, _, stderr = call(verb[0], tmp_path, *verb[1:])

    assert 2 == code
    assert "is not a run folder" in stderr
    assert [] == list(tmp_path.iterdir())


def test_evaluate_unknown_split(call, run):
    """A split that is not there names those that are, also as JSON."""
    code, _, stderr = call("evaluate", run, "--split", "holdout")
    mistakes = json.loads(call("evaluate", run, "--split", "holdout", "--json")[1])

    assert 2 == code
    assert "train, validation, test" in stderr
    assert "DN4001" == mistakes[0]["code"]


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".json", ".csv"])
def test_predict_reads(call, run, tmp_path, suffix):
    """The same rows in every readable form give the same predictions."""
    given = tmp_path / f"rows{suffix}"
    if suffix == ".npz":
        np.savez(given, features=ROWS)
    elif suffix == ".npy":
        np.save(given, ROWS)
    elif suffix == ".json":
        given.write_text(json.dumps([{"features": row.tolist()} for row in ROWS]))
    else:
        given.write_text("a,b,c,d\n" + "".join(",".join(map(str, row)) + "\n" for row in ROWS.tolist()))

    code, stdout, _ = call("predict", run, "-i", given)
    outputs = json.loads(stdout)

    assert 0 == code
    assert ["setosa"] * 7 == outputs["species"]
    assert np.ones(7) == pytest.approx(np.sum(outputs["species_probability"], axis=1))


def test_predict_writes(call, exported, tmp_path):
    """The same predictions in every writable form."""
    np.save(tmp_path / "rows.npy", ROWS)
    for suffix in (".npz", ".json", ".csv"):
        assert 0 == call("predict", exported, "-i", tmp_path / "rows.npy", "-o", tmp_path / f"out{suffix}")[0]
    as_json = json.loads((tmp_path / "out.json").read_text())
    lines = (tmp_path / "out.csv").read_text().splitlines()

    with np.load(tmp_path / "out.npz") as arrays:
        assert as_json == {name: arrays[name].tolist() for name in arrays.files}
    assert "species,species_probability_0,species_probability_1,species_probability_2" == lines[0]
    assert [as_json["species"][0], *as_json["species_probability"][0]] == [
        cell if k == 0 else float(cell) for k, cell in enumerate(lines[1].split(","))
    ]


def test_predict_never_overwrites(call, run, tmp_path):
    """An existing file stays, unless --force is given."""
    np.save(tmp_path / "rows.npy", ROWS)
    (tmp_path / "out.json").write_text("mine")
    code, _, stderr = call("predict", run, "-i", tmp_path / "rows.npy", "-o", tmp_path / "out.json")

    assert 2 == code
    assert "exists" in stderr
    assert "mine" == (tmp_path / "out.json").read_text()
    assert 0 == call("predict", run, "-i", tmp_path / "rows.npy", "-o", tmp_path / "out.json", "--force")[0]


BAD_ROWS = {
    "shape.npy": (lambda path: np.save(path, np.zeros((2, 5))), "allowed: (N, 4)"),
    "names.npz": (lambda path: np.savez(path, featrues=ROWS), "did you mean 'featrues'"),
    "text.csv": (lambda path: path.write_text("a,b\n1,x\n"), "features"),
    "ragged.csv": (lambda path: path.write_text("a,b\n1\n"), "another number of cells"),
    "broken.json": (lambda path: path.write_text("[{"), "broken.json is not a .json file"),
    "list.json": (lambda path: path.write_text("[1, 2]"), "does not hold columns"),
    "ragged.json": (lambda path: path.write_text('{"features": [[1, 2, 3, 4], [1, 2]]}'), "'features' differ in shape"),
    "broken.npz": (lambda path: path.write_bytes(b"PK"), "broken.npz is not a .npz file"),
    "pickled.npy": (lambda path: np.save(path, np.array([{}])), "pickled.npy is not a .npy file"),
    "rows.png": (lambda path: path.write_bytes(b""), ".npz, .npy, .json, .csv"),
    "none.npz": (lambda path: None, "cannot be read"),
    "nan.npy": (lambda path: np.save(path, np.full((2, 4), np.nan)), "nan"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_predict_bad_rows(call, run, tmp_path, name):
    """Rows that do not fit are refused in a few lines, and nothing is written."""
    make, message = BAD_ROWS[name]
    make(tmp_path / name)
    code, stdout, stderr = call("predict", run, "-i", tmp_path / name, "-o", tmp_path / "out.npz")

    assert (2, "") == (code, stdout)
    assert message in stderr
    assert len(stderr.splitlines()) <= 6
    assert not (tmp_path / "out.npz").exists()


def test_export_reports(call, run, tmp_path):
    """The report says on which rows, in which batches and how closely file and run agree."""
    code, stdout, _ = call("export", run, "-o", tmp_path / "model.onnx", "--json")
    report = json.loads(stdout)

    assert 0 == code
    assert report == json.loads((run / "export.json").read_text())
    assert "test" == report["parity"]["rows_from"]
    assert [1, 30] == report["parity"]["batch_sizes"]
    assert report["parity"]["outputs"]["species_probability"]["absolute"] <= 1e-4
    assert 0 == report["parity"]["outputs"]["species"]["unequal"]


def test_export_never_overwrites(call, run, tmp_path):
    """An existing file stays, unless --force is given."""
    (tmp_path / "model.onnx").write_text("mine")
    code, _, stderr = call("export", run, "-o", tmp_path / "model.onnx")

    assert 2 == code
    assert "--force" in stderr
    assert "mine" == (tmp_path / "model.onnx").read_text()
    assert 0 == call("export", run, "-o", tmp_path / "model.onnx", "--force")[0]


def test_export_options(call, run, tmp_path):
    """Properties of the exporter are checked against its schema."""
    out = tmp_path / "model.onnx"
    assert 0 == call("export", run, "-o", out, "--option", "external_data=always")[0]
    assert (tmp_path / "model.onnx.data").exists()
    onnx.checker.check_model(out)

    code, _, stderr = call("export", run, "-o", tmp_path / "other.onnx", "--option", "external_data=maybe")
    assert 2 == code
    assert "external_data" in stderr
    code, _, stderr = call("export", run, "-o", tmp_path / "other.onnx", "--format", "tflite")
    assert 2 == code
    assert "onnx" in stderr
    assert not (tmp_path / "other.onnx").exists()


def test_foreign_file(call, tmp_path):
    """A file that declnet did not write is refused by name."""
    (tmp_path / "text.onnx").write_text("no model")
    x = onnx.helper.make_tensor_value_info("x", 1, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["x"], ["y"])], "g", [x], [x])
    onnx.save(onnx.helper.make_model(graph, producer_name="pytorch"), tmp_path / "foreign.onnx")

    for name, message in {"text.onnx": "is not an ONNX file", "foreign.onnx": "made by pytorch"}.items():
        code, _, stderr = call("evaluate", tmp_path / name)

        assert 2 == code
        assert message in stderr


def test_module(spec):
    """``python -m declnet`` is the same command line; a mistake leaves no traceback."""
    result = subprocess.run(
        [sys.executable, "-m", "declnet", "check", str(spec), "--set", "layers=[]"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert 2 == result.returncode
    assert "Traceback" not in result.stderr
    assert "/layers" in result.stderr
