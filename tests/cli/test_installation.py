"""layers, plugins, doctor, and the help."""

import inspect
import json
import subprocess
import sys

import pytest

from declnet.cli import app, examination
from declnet.plugins import installed

VERBS = [
    "check",
    "summary",
    "compile",
    "schema",
    "train",
    "evaluate",
    "predict",
    "export",
    "layers",
    "plugins",
    "doctor",
]


def test_help_lists_the_verbs(call):
    """Every verb is there, with a line that is not cut off."""
    code, stdout, _ = call("--help")

    assert 0 == code
    for verb in VERBS:
        assert f"  {verb} " in stdout
    assert "..." not in stdout.split("Commands:")[1]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(call, verb):
    """Each verb explains its options."""
    code, stdout, _ = call(verb, "--help")

    assert 0 == code
    assert "Usage:" in stdout


def test_who_chooses_a_runtime_chooses_its_device():
    """The two options stand at the same verbs."""
    taken = [inspect.signature(command.callback).parameters.keys() for command in app.registered_commands]
    found = [{"runtime", "device"} & names for names in taken]

    assert {"runtime", "device"} in found
    assert all(each in (set(), {"runtime", "device"}) for each in found)


def test_import_is_light():
    """The help answers at once, because nothing heavy is imported for it."""
    heavy = "('numpy', 'onnx', 'onnxruntime', 'jsonschema')"
    program = f"import sys, declnet.cli; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert "[]" == result.stdout.strip()


def test_version(call):
    """--version prints name and version."""
    code, stdout, _ = call("--version")

    assert 0 == code
    assert stdout.startswith("declnet ")


def test_layers(call):
    """Every layer is listed with its first line and where it comes from."""
    listed = json.loads(call("layers", "--json")[1])

    assert list(installed().components("layer")) == [each["type"] for each in listed]
    assert "dense" in call("layers")[1]


def test_layers_of_one_type(call):
    """The table of properties is that of the schema: defaults, what is required, descriptions."""
    code, stdout, _ = call("layers", "dense")

    assert 0 == code
    for name, schema in installed().components("layer")["dense"].properties.items():
        assert name in stdout
        assert schema["description"].split()[0] in stdout
    assert "required" in stdout and '"glorot_uniform"' in stdout


def test_layers_of_another_kind(call):
    """A loss is found by its name alone, and by its kind."""
    for arguments in (["cross_entropy"], ["cross_entropy", "--kind", "loss"]):
        assert "loss cross_entropy" in call("layers", *arguments)[1]
    assert "adam" in call("layers", "--kind", "optimizer")[1]


@pytest.mark.parametrize("arguments", [["denze"], ["--kind", "layre"], ["adma", "--kind", "optimizer"]])
def test_layers_unknown(call, arguments):
    """An unknown name is answered with the nearest one."""
    code, stdout, stderr = call("layers", *arguments)

    assert (2, "") == (code, stdout)
    assert "did you mean" in stderr


def test_plugins(call):
    """Every plugin is listed with its distribution and what it offers."""
    listed = {each["plugin"]: each for each in json.loads(call("plugins", "--json")[1])}

    assert set(installed().distributions) == set(listed)
    assert "dense" in listed["dense"]["offers"]["layer"]
    assert "declnet_" not in call("plugins")[1]


def test_doctor(call):
    """In an environment that runs the tests, everything is well."""
    code, stdout, _ = call("doctor")
    findings = {each["what"]: each for each in json.loads(call("doctor", "--json")[1])}

    assert 0 == code
    assert "onnxruntime" in stdout
    assert all(each["ok"] for each in findings.values())
    assert int(findings["opset"]["found"].split()[2].rstrip(";")) >= 21


@pytest.mark.parametrize("wheels", [{}, {"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.31.1"}])
def test_doctor_finds_what_is_wrong(call, monkeypatch, wheels):
    """No wheel, or two that overwrite each other: exit code 2, and what to install."""
    monkeypatch.setattr(examination, "_version", wheels.get)
    code, stdout, _ = call("doctor")

    assert 2 == code
    assert "NO onnxruntime" in stdout
    assert "declnet[cpu]" in stdout
