"""What all tests share: the option that rewrites goldens, references, and what the installed runtime lacks."""

import os
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
