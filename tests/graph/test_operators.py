"""The types of the ONNX operators for editors are those of the operators."""

import importlib.util

import pytest

from declnet.graph import Graph


@pytest.fixture(scope="module")
def make_operators(root):
    specification = importlib.util.spec_from_file_location("make_operators", root / "scripts" / "make_operators.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_types_are_fresh(make_operators):
    """`make docs` would change nothing."""
    assert make_operators.stub() == make_operators.STUB.read_text(encoding="utf-8")


def test_what_is_no_operator_is_no_attribute():
    """ONNX operators begin with a capital letter."""
    with pytest.raises(AttributeError, match="'Graph' object has no attribute 'conv'; ONNX operators begin"):
        Graph().conv  # noqa: B018
