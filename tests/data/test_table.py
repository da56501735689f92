"""Tables, and what becomes of arrays that are handed over in Python."""

import numpy as np
import pytest

from declnet import DataError, Table
from declnet.data import from_arrays

IMAGE, LABEL = np.zeros((3, 2, 2), np.float32), np.array([0, 1, 0])


def test_columns():
    """A dict of arrays, or of lists, is a table."""
    table = from_arrays({"image": IMAGE, "label": [0, 1, 0]})

    assert 3 == len(table)
    assert ["image", "label"] == list(table.rows.columns)
    assert LABEL.tolist() == table.rows["label"].tolist()


@pytest.mark.parametrize(
    "data",
    [
        {"train": {"x": [1, 2]}, "validation": {"x": [3]}, "test": {"x": [4]}},
        ({"x": [1, 2]}, {"x": [3]}, {"x": [4]}),
    ],
)
def test_splits(data):
    """Splits come as a dict of dicts or as a tuple."""
    table = from_arrays(data)

    assert [1, 2] == table.rows["x"].tolist()
    assert [3] == table.validation["x"].tolist()
    assert [4] == table.test["x"].tolist()


def test_table_passes():
    """A table is taken as it is."""
    table = Table({"x": LABEL})

    assert table is from_arrays(table)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (IMAGE, "a ndarray"),
        ((IMAGE, LABEL), "a tuple"),
        ({}, "no columns"),
        ({"train": {"x": [1]}, "val": {"x": [1]}}, "'val'"),
        ({"train": {"x": [1]}, "label": [1]}, "'label'"),
        ({"test": {"x": [1]}}, "'train'"),
        ({"image": IMAGE, "label": LABEL[:2]}, "'image' 3 rows, 'label' 2 rows"),
        ({"x": 3.0}, "float64 ()"),
        ({"x": [1j]}, "complex128 (1,)"),
        ({"x": [[1], [1, 2]]}, "rows of equal shape"),
        ({"x": np.array([object(), None])}, "object (2,)"),
        (({"x": [1]}, {"y": [1]}), "the validation split does not have"),
        ({"train": {"x": [1]}, "test": {"x": [[1]]}}, "the test split does not have"),
    ],
)
def test_refusals(data, said):
    """What is no table is refused, with what was found and what is allowed."""
    with pytest.raises(DataError) as caught:
        from_arrays(data)

    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 6
