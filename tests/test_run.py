"""A run that is opened again is measured on the rows that it was trained with, or not at all."""

import json

import numpy as np
import pytest

import declnet
from declnet import DataError
from declnet.training.checkpoint import FORMAT

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((40, 3)).astype("float32")
SPEC = {
    "name": "signs",
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "dense", "units": 2, "name": "logits"}],
    "outputs": {"sign": {"from": "logits", "as": "class"}},
    "data": {"source": {"type": "npz", "path": "rows.npz"}, "split": {"validation": 5, "test": 10}},
    "training": {
        "loss": {"type": "cross_entropy", "target": "label"},
        "optimizer": {"type": "sgd", "learning_rate": 0.5},
        "epochs": 3,
        "batch_size": 10,
        "metrics": ["accuracy"],
    },
}


def rows(sign=1):
    """Rows of two classes; with *sign* -1 each is in the other."""
    return {"x": X, "label": (sign * X.sum(axis=1) > 0).astype("int64")}


@pytest.fixture
def folder(tmp_path):
    """A spec, and the data that it names."""
    np.savez(tmp_path / "rows.npz", **rows())
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    return tmp_path


def opened(folder, kind, **given):
    """The run that is in *folder*, as a folder or as the file exported from it, opened anew."""
    return declnet.open_run(folder / ("run" if kind == "folder" else "model.onnx"), **given)


def trained(folder, kind, **given):
    run = declnet.train(folder / "spec.json", out=folder / "run", **given)
    run.export(folder / "model.onnx")
    return run


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_the_rows_of_the_spec_are_found_again(folder, kind):
    """The same splits, so the same figures on each of them."""
    run = trained(folder, kind)
    again = opened(folder, kind)

    for split in ("train", "validation", "test"):
        assert run.evaluate(split=split) == pytest.approx(again.evaluate(split=split), rel=1e-6)
    for name, part in run.splits:
        assert part["x"].tolist() == getattr(again.splits, name)["x"].tolist()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_rows_that_were_handed_over_are_asked_for(folder, kind):
    """The spec's own source holds others: what was measured on it said nothing of this run."""
    run = trained(folder, kind, data=rows(sign=-1))

    with pytest.raises(DataError, match="not the rows that the run was trained with") as caught:
        opened(folder, kind).evaluate()
    assert "open_run(path, data={...})" in caught.value.diagnostics[0].hint
    assert run.evaluate() == pytest.approx(opened(folder, kind, data=rows(sign=-1)).evaluate(), rel=1e-6)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_other_rows_than_those_are_refused(folder, kind):
    trained(folder, kind, data=rows(sign=-1))

    with pytest.raises(DataError, match="what was given: 25 rows"):
        opened(folder, kind, data=rows()).evaluate()
    with pytest.raises(DataError):
        opened(folder, kind, data={name: column[:20] for name, column in rows(-1).items()}).evaluate()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_source_that_has_changed_is_refused(folder, kind):
    """One label of the test split is enough."""
    run = trained(folder, kind)
    changed = rows()
    changed["label"][run.splits.index["test"][3]] ^= 1
    np.savez(folder / "rows.npz", **changed)

    with pytest.raises(DataError, match="the test split differs"):
        opened(folder, kind).evaluate(split="test")


def test_any_rows_may_be_measured_on(folder):
    """Rows that are named are those that are meant."""
    trained(folder, "folder", data=rows(sign=-1))

    assert opened(folder, "folder").evaluate(rows())["accuracy"] < 0.5
    assert opened(folder, "folder").evaluate(rows(sign=-1))["accuracy"] > 0.5


def test_no_figure_of_other_rows_is_exported(folder):
    """Where the rows of the training are not at hand, random numbers prove the file, and no metric is told; and why."""
    trained(folder, "folder", data=rows(sign=-1))
    report = opened(folder, "folder").export(folder / "again.onnx")
    named = opened(folder, "folder", data=rows(sign=-1)).export(folder / "named.onnx")

    assert ("random numbers", {}) == (report["parity"]["rows_from"], report["metrics"])
    assert "not the rows that the run was trained with" in report["parity"]["why"]
    with pytest.raises(DataError, match="what was given"):
        opened(folder, "folder", data=rows()).export(folder / "other.onnx")
    assert not (folder / "other.onnx").exists()
    assert ("test", "test") == (named["parity"]["rows_from"], named["metrics"]["split"])


def test_the_folder_says_which_rows_each_split_held(folder):
    """Their numbers, and for each split how many and a fingerprint."""
    run = trained(folder, "folder")
    recorded = json.loads((folder / "run" / "run.json").read_text())["splits"]

    assert {"train": 25, "validation": 5, "test": 10} == {name: each["rows"] for name, each in recorded.items()}
    assert {name: part.fingerprint() for name, part in run.splits} == {
        name: each["fingerprint"] for name, each in recorded.items()
    }
    assert list(range(40)) == sorted(row for index in run.splits.index.values() for row in index.tolist())


@pytest.mark.parametrize(
    ("format", "found", "hint"),
    [(FORMAT + 1, f"format {FORMAT + 1}", "newer declnet"), (None, "no format", "train it again")],
)
def test_a_folder_of_another_format_is_refused(folder, format, found, hint):
    """What an older or a newer declnet wrote is not guessed at; whoever asks is told by the same words."""
    trained(folder, "folder")
    path = folder / "run" / "run.json"
    content = json.loads(path.read_text()) | {"format": format}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    (folder / "run" / "spec.json").write_text('{"of": "another time"}')

    for use in (
        lambda: declnet.open_run(folder / "run"),
        lambda: declnet.train(folder / "spec.json", out=folder / "run", resume=True),
    ):
        with pytest.raises(declnet.RunError, match="a format that this declnet does not read") as caught:
            use()
        assert (found, f"format {FORMAT}") == (caught.value.diagnostics[0].found, caught.value.diagnostics[0].allowed)
        assert hint in caught.value.diagnostics[0].hint
