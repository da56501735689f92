"""What is installed is whole: plugins, schemas and the command line, from a wheel, in any folder."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile

import pytest


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_plugin_folder_has_an_entry_point(root, project):
    """A folder in plugins/ without a line in pyproject.toml is never found; so are declnet's passes and runtime."""
    folders = {path.parent.name for path in (root / "plugins").glob("*/__init__.py")}

    assert folders | {"declnet.passes", "declnet.runtime"} == set(project["entry-points"]["declnet"].values())


def test_no_runtime_is_a_dependency(project):
    """The wheels of onnxruntime overwrite each other, so an extra chooses one."""
    names = [requirement for requirement in project["dependencies"] if requirement.startswith("onnxruntime")]

    assert [] == names
    assert {"training", "training-cuda", "cpu", "cuda"} <= set(project["optional-dependencies"])


def test_version_is_the_same_everywhere(project):
    """In the metadata and in the package."""
    import declnet

    assert project["version"] == declnet.__version__


@pytest.mark.slow
def test_a_wheel_works_anywhere(root, tmp_path):
    """Build a wheel, install it in a new environment, and use it from another folder."""
    wheels = tmp_path / "wheels"
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels), str(root)], check=True
    )
    (wheel,) = wheels.glob("declnet-*.whl")
    packed = zipfile.ZipFile(wheel).namelist()
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"{wheel}[cpu]"], check=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def declnet(*arguments):
        command = [str(python.parent / "declnet"), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    plugins = json.loads(declnet("plugins", "--json"))
    schema = json.loads(declnet("schema"))
    checked = declnet("check", root / "specs" / "lenet5.json")

    assert {"dense", "conv", "data"} <= {plugin["plugin"] for plugin in plugins}
    assert "layer.dense" in schema["$defs"]
    assert "no mistakes" in checked
    assert {"declnet/py.typed", "declnet/graph/operators.pyi"} <= set(packed)


def test_floors_are_those_of_pyproject(root):
    """``make test-floors`` installs what pyproject.toml names as the oldest versions."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pins = (root / "tests" / "floors.txt").read_text().splitlines()[1:]

    assert sorted(each.replace(">=", "==") for each in named if not each.startswith("ruff")) == pins
