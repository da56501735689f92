"""Names, values, types and shapes in messages: one spelling for each."""

import ast

import numpy as np
import onnx_ir as ir
import pytest

from declnet import DataError, Diagnostic
from declnet.graph import Graph
from declnet.plugins import installed
from declnet.wording import command, did_you_mean, listed, nearest, shape_text, shown, type_text


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("dnse", ["noise", "dense", "tied_dense"], "dense"),
        ("LSTM", ["gru", "lstm"], "lstm"),
        ("Conv2D", ["concat", "conv", "crop"], "conv"),
        ("x" * 500, ["x" * 90], "x" * 90),
        ("x", ["swirl"], None),
        ("x", [], None),
    ],
)
def test_nearest(name, known, expected):
    """The one that is most alike, whatever the case; none where none is close."""
    assert expected == nearest(name, known)


def test_did_you_mean():
    """The end of a message, which is empty where nothing is close."""
    assert ("; did you mean 'dense'?", "") == (did_you_mean("dnse", ["dense"]), did_you_mean("x", ["dense"]))


def test_short_lists_are_whole():
    """Six names are shown as they come; of seven the three that are most alike, and the number of the others."""
    names = ["epochs", "seed", "loss", "metrics", "batch_size", "optimizer"]

    assert "'epochs', 'seed', 'loss', 'metrics', 'batch_size', 'optimizer'" == listed(names, "epcohs")
    assert "'epochs', 'epoch', 'metrics' and 4 more" == listed([*names, "epoch"], "epcohs")
    assert "'epochs', 'seed', 'loss' and 4 more" == listed([*names, "epoch"])
    assert "1, null" == listed([1, None])


@pytest.mark.parametrize("kind", ["layer", "loss", "metric", "activation"])
def test_many_names_are_counted(kind):
    """Three names and the command that lists the others, in far less than a line of 300 characters."""
    known = installed().components(kind)
    told = Diagnostic.unknown("DN1105", "unknown", "dnse", known, command(kind)).allowed
    few, _, rest = told.partition(" and ")

    assert set(map(ast.literal_eval, few.split(", "))) <= set(known)
    assert few.count(",") == 2
    assert f"{len(known) - 3} more: {command(kind)}" == rest
    assert len(told) < 120


def test_commands():
    """`declnet layers` speaks of layers where no kind is given."""
    commands = [command("layer"), command("loss"), command("layer", "dense"), command("optimizer", "adam")]

    assert [
        "`declnet layers`",
        "`declnet layers --kind loss`",
        "`declnet layers dense`",
        "`declnet layers adam --kind optimizer`",
    ] == commands


def test_values():
    """JSON, on one line, short, and without characters that move the cursor."""
    assert ['"a\\u001b"', "[1, 2]", "a list of 11"] == [shown("a\x1b"), shown([1, 2]), shown([0] * 11)]
    assert 80 == len(shown("x" * 500))


@pytest.mark.parametrize("shape", [(), (3,), ("N", 3)])
def test_shapes_are_those_of_python(shape):
    """A shape of numbers reads as numpy prints it; one of names has no quotes."""
    assert str(shape).replace("'", "") == shape_text(shape) == shape_text(ir.Shape(shape))


def test_what_is_not_known_of_a_shape():
    assert ["(?, 3)", "(…)"] == [shape_text(ir.Shape([None, 3])), shape_text(None)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8", "bool", "string"])
def test_a_type_has_one_spelling(dtype):
    """Whether it is a name, numpy's type or that of a value in a graph."""
    array = np.zeros(2, str if dtype == "string" else dtype)
    value = Graph().input("x", "str" if dtype == "string" else dtype, ["N"])

    assert f"{dtype} (2,)" == type_text(array.dtype, array.shape) == type_text(dtype, [2])
    assert f"x: {dtype} (N,)" == repr(value)


def test_plugins_have_the_same_words():
    """An error that any plugin can raise tells what is nearest to an unknown name."""
    (mistake,) = DataError.unknown("no column 'widht'", "widht", ["width", "depth"], hint="look").diagnostics

    assert (
        Diagnostic("DN4001", "no column 'widht'; did you mean 'width'?", '"widht"', "'width', 'depth'", "look")
        == mistake
    )
