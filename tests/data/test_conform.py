"""Columns held against what a spec requires."""

import numpy as np
import pytest

from declnet import DataError
from declnet.data import Column, conform

IMAGE = Column("image", "float32", (1, 2, 2))
LABEL = Column("label", "int64", (), below=10)


def test_safe_casts():
    """Bytes become floats, small integers become class indices."""
    image = np.array([[[[0, 255], [1, 2]]]], np.uint8)
    fitting = conform({"image": image, "label": np.array([9], np.uint8), "other": ["x"]}, [IMAGE, LABEL])

    assert ["image", "label"] == list(fitting.columns)
    assert (np.float32, np.int64) == (fitting["image"].dtype, fitting["label"].dtype)
    assert [[[[0.0, 255.0], [1.0, 2.0]]]] == fitting["image"].tolist()
    assert [9] == fitting["label"].tolist()


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (np.array([1.0, 2.0]), Column("x", "int64", ())),
        (np.array([True, False]), Column("x", "float32", ())),
        (np.array([0, 1]), Column("x", "bool", ())),
        (np.array([0.1, -1e30]), Column("x", "float32", ())),
        (np.array([-128, 127]), Column("x", "int8", ())),
        (np.zeros((3, 0, 5)), Column("x", "float32", (None, 5))),
    ],
)
def test_more_safe_casts(values, column):
    """A cast that keeps the values, or rounds to a shorter float, passes."""
    fitting = conform({"x": values}, [column])["x"]

    assert np.dtype(column.dtype) == fitting.dtype
    np.testing.assert_allclose(values, fitting.astype(float), rtol=2**-24)


@pytest.mark.parametrize(("given", "required"), [((4,), (1,)), ((4, 2, 3), (1, 2, 3)), ((4, 2, 3), (1, None, 3))])
def test_missing_axis_is_added(given, required):
    """A first axis of size 1 may be left out."""
    values = np.random.default_rng(0).random(given, np.float32)
    fitting = conform({"x": values}, [Column("x", "float32", required)])["x"]

    assert (4, 1, *given[1:]) == fitting.shape
    assert values.tolist() == fitting[:, 0].tolist()


def test_contiguous():
    """Results are C-contiguous, whatever came."""
    values = np.random.default_rng(0).random((3, 5), np.float32).T
    fitting = conform({"x": values}, [Column("x", "float32", (3,))])["x"]

    assert fitting.flags.c_contiguous
    assert values.tolist() == fitting.tolist()


@pytest.mark.parametrize(
    ("values", "column", "said"),
    [
        ([0.5], Column("x", "int64", ()), "0.5 in row 0"),
        ([1, 2, 300, 301], Column("x", "uint8", ()), "300 in row 2 (counted from 0), and 1 more rows"),
        ([2.0**63], Column("x", "int64", ()), "in row 0"),
        ([np.nan], Column("x", "int64", ()), "nan in row 0"),
        (np.array([2**63], np.uint64), Column("x", "int64", ()), "9223372036854775808 in row 0"),
        ([0, -1], Column("x", "int64", (), below=3), "-1 in row 1"),
        ([0, 3], Column("x", "int64", (), below=3), "allowed: integers from 0 to 2"),
        ([1, 0], Column("x", "int64", (), below=3, least=1), "allowed: integers from 1 to 2"),
        ([2], Column("x", "bool", ()), "integers from 0 to 1"),
        ([[0, 1], [2, np.inf]], Column("x", "float32", (2,)), "inf in row 1"),
        ([1e39], Column("x", "float32", ()), "1e+39 in row 0"),
        (["cat"], Column("x", "float32", ()), "cat (string)"),
        (np.array(["2020-02-20"], "M8[D]"), Column("x", "float32", ()), "2020-02-20 (datetime64[D])"),
        ([[1, 2]], Column("x", "float32", (3,)), "found: (N, 2); allowed: (N, 3)"),
        ([1], Column("x", "float32", (2,)), "found: (N,); allowed: (N, 2)"),
        ([[1]], Column("x", "int64", ()), "squeeze"),
        (np.zeros((1, 2, 2, 3)), Column("x", "float32", (3, 2, 2)), "numpy.transpose(column, (0, 3, 1, 2))"),
        (np.zeros((0, 2)), Column("x", "float32", (2,)), "0 rows"),
    ],
)
def test_refusals(values, column, said):
    """What does not fit is named with its first row, what was found and what is allowed."""
    with pytest.raises(DataError) as caught:
        conform({"x": values}, [column])

    assert ["DN4002"] == [diagnostic.code for diagnostic in caught.value.diagnostics]
    assert said in str(caught.value)
    assert "column 'x'" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 6


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint8"])
def test_masks(dtype):
    """Ones, then zeros: with a mask in a row or, in their order, several."""
    masks = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1]], dtype)
    one, several = Column("m", dtype, (3,), prefixes=frozenset({None})), Column("m", dtype, (3, 3), prefixes={3})

    assert masks.tolist() == conform({"m": masks}, [one])["m"].tolist()
    assert [masks.tolist()] == conform({"m": masks[None]}, [several])["m"].tolist()


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint8"])
@pytest.mark.parametrize("wrong", [[1, 0, 1], [0, 1, 1], [0, 0, 0]])
def test_other_masks(dtype, wrong):
    """Gaps, padding before the sequence and empty sequences are refused, and the first is shown."""
    masks = np.array([[1, 1, 0], wrong, [1, 0, 0], wrong], dtype)
    rows, several = Column("m", dtype, (3,), prefixes={3}), Column("m", dtype, (2, 3), prefixes={3})

    with pytest.raises(DataError) as caught:
        conform({"m": masks}, [rows], "data to predict")
    (error,) = caught.value.diagnostics
    with pytest.raises(DataError, match="in row 0"):
        conform({"m": masks.reshape(2, 2, 3)}, [several])

    assert "data to predict: column 'm' holds a mask that is not that of a sequence and its padding" == error.message
    assert f"{wrong} in row 1 (counted from 0), and 1 more rows" == error.found
    assert "ones, then zeros, at least one 1" == error.allowed


STEPS = [Column("x", "float32", ("steps", 2)), Column("mask", "int64", ("steps",), prefixes={None})]


def test_sizes_by_name():
    """A size that has a name is that of the data, the same in all columns."""
    fitting = conform({"x": np.zeros((3, 5, 2)), "mask": np.ones((3, 5))}, STEPS)

    assert [(3, 5, 2), (3, 5)] == [values.shape for values in fitting.arrays.values()]


@pytest.mark.parametrize(
    ("x", "mask", "message", "found", "allowed"),
    [
        ((3, 5, 2), (3, 4), "column 'mask': the axis 'steps' has the wrong size", "4", "5, as in column 'x'"),
        ((3, 0, 2), (3, 0), "column 'x': the axis 'steps' has the wrong size", "0", "at least 1"),
        ((3, 5, 3), (3, 5), "column 'x' has the wrong shape", "(N, 5, 3)", "(N, steps, 2)"),
    ],
)
def test_other_sizes_by_name(x, mask, message, found, allowed):
    """Sizes that differ under one name, and sequences of length zero, are refused."""
    with pytest.raises(DataError) as caught:
        conform({"x": np.zeros(x), "mask": np.ones(mask)}, STEPS, "data")
    error = caught.value.diagnostics[0]

    assert (f"data: {message}", found, allowed) == (error.message, error.found, error.allowed)


def test_transpose_hint_is_right():
    """The advice for images with channels last leads to what is required."""
    advised = np.transpose(np.zeros((7, 4, 5, 3)), (0, 3, 1, 2))

    assert (7, 3, 4, 5) == conform({"x": advised}, [Column("x", "float32", (3, 4, 5))])["x"].shape


def test_all_mistakes_at_once():
    """Each wrong column is told of, and a misspelt name is recognised."""
    with pytest.raises(DataError) as caught:
        conform({"imagee": np.zeros((2, 4)), "label": [3, 12]}, [IMAGE, LABEL], "validation data")

    missing, beyond = caught.value.diagnostics
    assert "validation data: column 'image' is missing" == missing.message
    assert "did you mean 'imagee'?" == missing.hint
    assert beyond.found.startswith("12 in row 1")
    assert "integers from 0 to 9" == beyond.allowed
