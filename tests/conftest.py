"""What all tests share: the option that rewrites goldens, references, and what the installed runtime lacks."""

import importlib
import os
import shutil
import subprocess
import sys
import textwrap
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from hypothesis import settings

# Where changes are judged, the same examples are tried each time; elsewhere, new ones.
settings.register_profile("judged", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("judged")

ROOT = Path(__file__).parent.parent

# A distribution with tests of its own, which need it installed: test_third_party.py runs them.
collect_ignore = ["third_party"]


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden from what the compiler says now"
    )


def pytest_collection_modifyitems(items):
    for item in items:
        if "torch" in item.fixturenames:
            item.add_marker("reference")


def pytest_runtest_setup(item):
    if item.get_closest_marker("cuda") or item.get_closest_marker("training_build"):
        from declnet.runtime.onnxruntime import installed
        from declnet.target import TRAINING

        if item.get_closest_marker("cuda") and "cuda" not in installed().devices:
            pytest.skip("this onnxruntime has no CUDA execution provider")
        if item.get_closest_marker("training_build") and installed().target != TRAINING:
            pytest.skip("this onnxruntime is not a training build")


@pytest.fixture(scope="session")
def root():
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def torch():
    """PyTorch, as a reference; a test that takes it is skipped where PyTorch is not installed."""
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def write_metadata():
    """Write what pip writes about an installed distribution: its name, version and entry points."""

    def write(folder, name, version, plugins):
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{plugin} = {module}" for plugin, module in plugins.items()]
        (info / "entry_points.txt").write_text("\n".join(["[declnet]", *lines, ""]))

    return write


@pytest.fixture(scope="session")
def python_with():
    """What runs Python with a folder like site-packages on its path, and gives what it printed."""

    def python_with(folder):
        paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))

        def python(*arguments):
            command = [sys.executable, *map(str, arguments)]
            environment = {**os.environ, "PYTHONPATH": paths}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
            assert 0 == done.returncode, done.stdout + done.stderr
            return done.stdout

        return python

    return python_with


@pytest.fixture(scope="session")
def install_third_party(root, tmp_path_factory, write_metadata, python_with):
    """Put a distribution of tests/third_party in a folder as a wheel leaves it; gives Python with it."""

    def install_third_party(name):
        folder, distribution = tmp_path_factory.mktemp("site"), root / "tests" / "third_party" / name
        project = tomllib.loads((distribution / "pyproject.toml").read_text())["project"]
        shutil.copytree(distribution / name, folder / name)
        write_metadata(folder, project["name"], project["version"], project["entry-points"]["declnet"])
        return python_with(folder)

    return install_third_party


@pytest.fixture
def install(tmp_path, monkeypatch, write_metadata):
    """Install distributions, each a dict of plugin name to source, in a folder; return Plugins of them."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = set()

    def install_all(**sources):
        for distribution, plugins in sources.items():
            names = {plugin: f"module_of_{distribution}_{plugin}" for plugin in plugins}
            for plugin, source in plugins.items():
                (tmp_path / f"{names[plugin]}.py").write_text(textwrap.dedent(source))
            write_metadata(tmp_path, f"declnet-{distribution}", "1.0", names)
            modules.update(names.values())
        importlib.invalidate_caches()
        from declnet.plugins import Plugins

        return Plugins([entry for found in distributions(path=[str(tmp_path)]) for entry in found.entry_points])

    yield install_all
    for module in modules:
        sys.modules.pop(module, None)
