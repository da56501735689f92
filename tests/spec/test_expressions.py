"""Arithmetic between ${ and }."""

import pytest

from declnet.spec.expressions import ExpressionError, evaluate, interpolate

VALUES = {"a": 6, "b": 2.5, "name": "iris", "shape": [1, 2]}


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("a", 6),
        ("2 * a + 1", 13),
        ("a / 2", 3),
        ("a / 4", 1.5),
        ("a // 4", 1),
        ("a % 4", 2),
        ("2 ** a", 64),
        ("-(a - 10)", 4),
        ("a * b", 15.0),
        ("shape", [1, 2]),
    ],
)
def test_values(expression, expected):
    """As in Python, but a division of integers that comes out even stays an integer."""
    result = evaluate(expression, VALUES.__getitem__)

    assert (expected, type(expected)) == (result, type(result))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a +",
        "a.real",
        "a()",
        "__import__('os')",
        "[a]",
        "a if b else a",
        "lambda: a",
        "a < b",
        "a and b",
        "'x' * 3",
        "shape * 2",
        "name + 1",
        "True + 1",
        "1j * 1j",
        "~a",
        "a @ b",
        "a / 0",
        "a % 0",
        "10 ** 10 ** 10",
        "9 ** 99999999",
        "2.0 ** 99999",
        "(-8) ** 0.5",
        "1" * 150,
        "1 + " * 100 + "1",
        "(" * 150,
        "a\0",
    ],
)
def test_what_is_no_arithmetic_or_has_no_bounded_value(expression):
    """Nothing is called, looked up or computed that could do harm or take long."""
    with pytest.raises(ExpressionError):
        evaluate(expression, VALUES.__getitem__)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("plain", "plain"),
        ("${a}", 6),
        ("${a}.csv", "6.csv"),
        ("${name}_${a * 2}", "iris_12"),
        ("$${a}", "${a}"),
        ("costs $5", "costs $5"),
    ],
)
def test_texts(text, expected):
    """An expression alone keeps its type; within a string it becomes part of the string."""
    assert expected == interpolate(text, VALUES.__getitem__)


@pytest.mark.parametrize("text", ["${a", "x ${shape}"])
def test_texts_that_are_wrong(text):
    """An open brace; a list within a string."""
    with pytest.raises(ExpressionError):
        interpolate(text, VALUES.__getitem__)
