"""Splits of a table."""

import numpy as np
import pytest

from declnet import DataError, Table
from declnet.data import split


def table(rows=100, classes=4):
    """Rows whose feature is their number."""
    return Table({"x": np.arange(rows), "label": np.arange(rows) % classes}, labels={"label": list("abcd")[:classes]})


def rows(part):
    return part["x"].tolist()


@pytest.mark.parametrize(
    ("validation", "test", "stratify", "sizes"),
    [
        (0.1, 0.2, False, (70, 10, 20)),
        (0.1, 0.2, "label", (70, 10, 20)),
        (7, 0.5, "label", (43, 7, 50)),
        (1, 2, False, (97, 1, 2)),
        (0.001, 0.15, False, (84, 1, 15)),
    ],
)
def test_sizes(validation, test, stratify, sizes):
    """Shares are of all rows, whole numbers are rows; each row is in one split, in order."""
    splits = split(table(), validation=validation, test=test, stratify=stratify, seed=3)
    parts = [rows(splits.train), rows(splits.validation), rows(splits.test)]

    assert sizes == tuple(map(len, parts))
    assert list(range(100)) == sorted(row for part in parts for row in part)
    assert all(part == sorted(part) for part in parts)


def test_stratified_shares():
    """Each split holds the classes in the shares of the whole."""
    splits = split(Table({"label": np.repeat([0, 1, 2], [60, 30, 10])}), validation=0.2, test=0.3, stratify=True)
    counts = [np.bincount(part["label"]).tolist() for part in (splits.train, splits.validation, splits.test)]

    assert [[30, 15, 5], [12, 6, 2], [18, 9, 3]] == counts


def test_seed():
    """One seed gives one split; another seed gives another."""
    first, again, other = (rows(split(table(), test=0.5, seed=seed).test) for seed in (0, 0, 2**40))

    assert first == again
    assert first != other


def test_empty_splits():
    """Without shares, all rows are for training, and nothing is copied."""
    whole = table()
    splits = split(whole, stratify=True)

    assert splits.train["x"] is whole.rows["x"]
    assert (None, None) == (splits.validation, splits.test)


def test_own_splits():
    """The splits that a source defines are used as they are."""
    own = Table({"x": np.arange(10)}, test={"x": np.arange(3)}, validation={"x": np.arange(2)})
    splits = split(own)
    drawn = split(Table(own.rows, test=own.test), validation=0.2)

    assert (10, 2, 3) == tuple(len(rows(part)) for part in (splits.train, splits.validation, splits.test))
    assert (8, 2, 3) == tuple(len(rows(part)) for part in (drawn.train, drawn.validation, drawn.test))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"validation": 0.5, "test": 0.5}, "leaves no rows for training"),
        ({"test": 100}, "leaves no rows for training"),
        ({"test": 1.0}, "a share from 0 up to, not including, 1"),
        ({"test": -1}, "the test split has an impossible size"),
        ({"test": 3, "stratify": True}, "several columns could be meant"),
        ({"test": 3, "stratify": "lable"}, "a column 'lable' of classes"),
        ({"test": 3, "stratify": "label"}, "found: 3 of 100 rows for 4 classes"),
        ({"test": 0.5, "stratify": "x"}, "found: class 0: 1 row"),
    ],
)
def test_refusals(arguments, said):
    """Splits that cannot be are refused."""
    with pytest.raises(DataError) as caught:
        split(table(), **arguments)

    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 6


def test_scarce_class():
    """A class with a single row is named; so is one that the first draw leaves with a single row."""
    rare = Table({"label": np.array([0] * 20 + [1] * 2)}, labels={"label": ["common", "rare"]})

    with pytest.raises(DataError, match="class rare: 1 row"):
        split(rare, validation=0.2, test=0.5, stratify=True)


def test_own_and_asked():
    """A share beside the source's own split would leave one of them unused."""
    own = Table({"x": np.arange(10)}, test={"x": np.arange(3)})

    with pytest.raises(DataError, match="bring their own test split"):
        split(own, test=0.2)
