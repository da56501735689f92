"""A separate distribution adds a layer, an activation and a gradient rule, and is used by its entry point."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import declnet
from declnet.component import WEIGHT_PROPERTIES

SPEC = {
    "name": "gated_iris",
    "plugins": {"gated": "declnet-gated"},
    "inputs": {"features": {"shape": [4]}},
    "layers": [
        {"type": "standardize"},
        {
            "type": "gated",
            "units": 8,
            "activation": {"type": "quick_gelu", "alpha": 1.5},
            "bias_constraint": "non_negative",
        },
        {"type": "dense", "units": 3},
    ],
    "data": {"source": {"type": "sklearn", "dataset": "iris"}, "split": {"test": 0.2, "stratify": True}},
    "training": {
        "loss": {"type": "cross_entropy", "target": "label"},
        "optimizer": {"type": "adam", "learning_rate": 0.02},
        "epochs": 15,
        "batch_size": 16,
        "metrics": ["accuracy"],
    },
}


@pytest.fixture(scope="module")
def distribution(root):
    """The folder of the distribution, as its author has it."""
    return root / "tests" / "third_party" / "declnet_gated"


@pytest.fixture(scope="module")
def python(install_third_party):
    return install_third_party("declnet_gated")


def test_its_layer_is_listed_and_described(python):
    """`declnet layers gated` tells whose it is and what its properties are."""
    described = json.loads(python("-m", "declnet", "layers", "gated", "--json"))

    assert "declnet-gated 1.0" == described["from"]
    weights = {f"{weight}_{kind}" for weight in ("kernel", "bias") for kind in WEIGHT_PROPERTIES}
    assert {"units", "activation"} | weights == set(described["schema"]["properties"])


def test_a_spec_that_uses_it_trains_and_exports(python, tmp_path):
    """The gradient flows through the layer and through the operator that only the plugin knows."""
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    script = """
        import json, sys
        import declnet
        spec = declnet.load(sys.argv[1] + "/spec.json")
        run = declnet.train(spec)
        run.export(sys.argv[1] + "/gated.onnx")
        program = declnet.compile(spec, target="standard")
        print(json.dumps({
            "accuracy": run.evaluate()["accuracy"],
            "weights": {name: float(weight.min()) for name, weight in run.weights.items()},
            "forward": [node.op_type for node in program.forward.graph.node],
        }))
    """
    script = "\n".join(line.removeprefix("        ") for line in script.splitlines())

    found = json.loads(python("-c", script, tmp_path).splitlines()[-1])

    assert 0.9 <= found["accuracy"]
    assert "QuickGelu" in found["forward"]
    assert {"gated_1/value/kernel", "gated_1/gate/kernel"} <= set(found["weights"])
    assert 0 <= min(found["weights"]["gated_1/value/bias"], found["weights"]["gated_1/gate/bias"])
    assert (tmp_path / "gated.onnx").is_file()


def test_its_own_tests_pass(python, distribution):
    """What an author writes with declnet.testing."""
    printed = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, distribution / "test_gated.py")

    assert "4 passed" in printed


def test_without_it_the_error_says_what_to_install():
    """The spec names the distribution that would bring the layer."""
    with pytest.raises(declnet.SpecError) as refusal:
        declnet.load(SPEC)

    assert "DN1105" in {diagnostic.code for diagnostic in refusal.value.diagnostics}
    assert "pip install declnet-gated" in str(refusal.value)


@pytest.mark.slow
def test_pip_installs_it(tmp_path, distribution, python_with):
    """The same with a wheel that pip builds."""
    project = shutil.copytree(distribution, tmp_path / "project")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "site", project]
    subprocess.run(list(map(str, command)), check=True, timeout=600)

    listed = json.loads(python_with(tmp_path / "site")("-m", "declnet", "plugins", "--json"))

    assert "declnet-gated 1.0" in {plugin["from"] for plugin in listed}
