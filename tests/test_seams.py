"""A separate distribution brings a runtime, a pass, a rule in two forms, an observer and rows: a training uses all."""

import json

import numpy as np
import pytest

SPEC = {
    "name": "five",
    "inputs": {"x": {"shape": [3]}},
    "layers": [
        {"type": "dense", "units": 5, "activation": "tanh"},
        {"type": "dense", "units": 4, "activation": "relu"},
        {"type": "dense", "units": 2, "name": "logits"},
    ],
    "outputs": {"sign": {"from": "logits", "as": "class"}},
    "data": {"source": {"type": "records", "path": "rows.npy"}, "split": {"test": 10}},
    "training": {
        "loss": {"type": "cross_entropy", "target": "label"},
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        "epochs": 50,
        "batch_size": 8,
        "metrics": ["accuracy"],
        "observers": [{"type": "journal", "steps": 90}],
    },
}
SCRIPT = """
import json, sys
import declnet
from declnet.data import ArrayRows
folder = sys.argv[1]
program = declnet.compile(folder + "/spec.json", runtime="python")
run = declnet.train(program, out=folder + "/run", runtime="python")
report = run.export(folder + "/five.onnx")
stock = declnet.train(folder + "/spec.json", out=folder + "/stock")
print(json.dumps({
    "operators": sorted({f"{node.domain}::{node.op_type}" for node in program.step.graph.node}),
    "stock": sorted({f"{node.domain}::{node.op_type}" for node in stock.program.step.graph.node}),
    "in memory": isinstance(run.splits.train, ArrayRows),
    "figures": run.evaluate(),
    "stock figures": stock.evaluate(),
    "again": declnet.open_run(folder + "/run", runtime="python").evaluate(),
    "provenance": run.provenance,
    "parity": report["parity"],
}))
"""


@pytest.fixture(scope="module")
def python(install_third_party):
    return install_third_party("declnet_seams")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The spec and its rows."""
    folder, random = tmp_path_factory.mktemp("five"), np.random.default_rng(0)
    rows = np.empty(60, [("x", np.float32, (3,)), ("label", np.int64)])
    rows["x"] = random.standard_normal((60, 3))
    rows["label"] = rows["x"].sum(axis=1) > 0
    np.save(folder / "rows.npy", rows)
    (folder / "spec.json").write_text(json.dumps(SPEC))
    return folder


@pytest.fixture(scope="module")
def found(python, folder):
    return json.loads(python("-c", SCRIPT, folder).splitlines()[-1])


def test_the_graph_is_made_for_the_runtime(found):
    """The form with the kernel is taken where the kernel is, and the pass fires where Relu is avoided."""
    assert {"com.example::TanhGrad", "::Max"} <= set(found["operators"])
    assert "::Relu" not in found["operators"]
    assert "::Relu" in found["stock"]
    assert "com.example::TanhGrad" not in found["stock"]


def test_it_trains_as_onnxruntime_trains(found, folder):
    """The same losses step by step, the same figures, and it learns."""
    journals = [json.loads((folder / name / "journal.json").read_text()) for name in ("run", "stock")]

    assert ["enough", "enough"] == [journal["reason"] for journal in journals]
    assert (90, "python") == (len(journals[0]["losses"]), journals[0]["target"])
    np.testing.assert_allclose(journals[0]["losses"][:20], journals[1]["losses"][:20], rtol=1e-4)
    assert 0.9 <= found["figures"]["accuracy"]
    assert found["figures"] == pytest.approx(found["stock figures"], abs=0.05)


def test_the_rows_stay_in_their_file(found):
    """They are split, trained on, and found again by their fingerprint."""
    assert not found["in memory"]
    assert found["figures"] == pytest.approx(found["again"])
    assert {"train": 50, "test": 10} == {name: part["rows"] for name, part in found["provenance"]["splits"].items()}


def test_what_is_served_needs_none_of_it(found, folder):
    """The file holds operators of ai.onnx, and was held against the run in ONNX Runtime, on rows of the test split."""
    import onnx

    model = onnx.load(folder / "five.onnx")

    assert {""} == {node.domain for node in model.graph.node}
    assert (10, "test") == (found["parity"]["rows"], found["parity"]["rows_from"])
    assert max(figure for output in found["parity"]["outputs"].values() for figure in output.values()) < 1e-5


def test_the_plugin_says_what_it_brings(python):
    listed = json.loads(python("-m", "declnet", "plugins", "--json"))
    (described,) = [each for each in listed if each["plugin"] == "seams"]

    assert {"runtime", "pass", "gradient", "observer", "source"} == set(described["offers"])
