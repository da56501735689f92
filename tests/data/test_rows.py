"""Rows: arrays, parts of other rows, and rows that lie in a file; each gives what numpy's indexing gives."""

import hashlib
import json
import re
import sys

import numpy as np
import pytest

from declnet import DataError
from declnet.data import ArrayRows, Column, Field, Rows, conform, split
from declnet.data.rows import CHUNK, Subset
from declnet.data.table import Table

IMAGE, LABEL = np.random.default_rng(0).random((10, 1, 2, 2), np.float32), np.arange(10)


class FileRows(Rows):
    """Rows of a .npy file of records, which stay in the file."""

    def __init__(self, path):
        self._records = np.load(path, mmap_mode="r")

    @property
    def columns(self):
        return {name: Field(*self._records.dtype[name].subdtype or (self._records.dtype[name], ()))
                for name in self._records.dtype.names}  # fmt: skip

    def __len__(self):
        return len(self._records)

    def take(self, index, out=None):
        records = self._records[index]
        if out is None:
            return {name: np.array(records[name]) for name in records.dtype.names}
        for name, array in out.items():
            array[: len(index)] = records[name]
        return {name: array[: len(index)] for name, array in out.items()}


def arrays(_folder):
    return ArrayRows({"image": IMAGE, "label": LABEL})


def in_file(folder):
    records = np.empty(10, [("image", np.float32, (1, 2, 2)), ("label", np.int64)])
    records["image"], records["label"] = IMAGE, LABEL
    np.save(folder / "rows.npy", records)
    return FileRows(folder / "rows.npy")


def part_of_more(folder):
    twice = ArrayRows({"image": np.repeat(IMAGE, 2, axis=0), "label": np.repeat(LABEL, 2)})
    return Subset(twice, np.arange(0, 20, 2))


@pytest.fixture(params=[arrays, in_file, part_of_more])
def rows(request, tmp_path):
    """The same ten rows, kept in different ways."""
    return request.param(tmp_path)


@pytest.mark.parametrize("size", [3, 5])
def test_take(rows, size):
    """Rows in the order of the index, as often as it names them; into the arrays handed over where there are any."""
    out = {"image": np.empty((5, 1, 2, 2), np.float32), "label": np.empty(5, np.int64)}
    index = np.array([9, 0, 3, 3, 1])[:size]
    expected = {"image": IMAGE[index].tolist(), "label": LABEL[index].tolist()}
    placed = rows.take(index, out)

    assert expected == {name: values.tolist() for name, values in rows.take(index).items()}
    assert expected == {name: values.tolist() for name, values in placed.items()}
    assert all(np.shares_memory(placed[name], out[name]) for name in out)


@pytest.mark.parametrize("index", [[10], [-1]])
@pytest.mark.parametrize("made", [arrays, part_of_more])
@pytest.mark.parametrize("out", [None, {"label": np.empty(1, int)}])
def test_no_row_is_silently_replaced_by_another(index, made, out):
    with pytest.raises(IndexError, match="of rows 0 to 9"):
        made(None).take(np.array(index), out)


def test_what_rows_say_of_themselves(rows):
    """Number, columns, whole columns, and all of them in chunks."""
    assert 10 == len(rows)
    assert {"image": (np.float32, (1, 2, 2)), "label": (np.int64, ())} == rows.columns
    assert LABEL.tolist() == rows["label"].tolist()
    assert [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] == [chunk["label"].tolist() for chunk in rows.chunks(4)]


def test_rows_are_no_sequence(rows):
    """What a loop over them would go through is not clear."""
    with pytest.raises(TypeError, match="not iterable"):
        list(rows)


def test_subset(rows):
    """A part of the rows has its own numbers, and a part of a part too."""
    part = rows.subset(np.array([7, 5, 3, 1]))

    assert [7, 5, 3, 1] == part["label"].tolist()
    assert [3, 7] == part.subset(np.array([2, 0])).take(np.array([0, 1]))["label"].tolist()


def test_the_fingerprint_is_that_of_the_content(rows):
    """However rows are kept, and in whichever order the columns stand, it is one."""
    assert ArrayRows({"label": LABEL.astype(">i8"), "image": np.asfortranarray(IMAGE)}).fingerprint() == (
        rows.fingerprint()
    )


def test_other_content_has_another_fingerprint():
    """Values, names, types and shapes count."""
    columns = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(["x", "y"])}
    others = [
        columns | {"a": columns["a"] + 1},
        columns | {"a": columns["a"].astype(np.float32)},
        columns | {"a": columns["a"].reshape(2, 3, 1)},
        {"a": columns["a"], "c": columns["b"]},
    ]

    assert 5 == len({ArrayRows(each).fingerprint() for each in [columns, *others]})


def test_a_fingerprint_can_be_made_by_hand():
    """SHA-256 of a line of JSON and the bytes for each column, and of these in JSON."""
    x = hashlib.sha256(b'["x", "<i2", [2]]' + b"\x01\x00\x02\x00").hexdigest()
    expected = hashlib.sha256(json.dumps({"x": x}).encode()).hexdigest()

    assert expected == ArrayRows({"x": np.array([1, 2], np.int16)}).fingerprint()


def test_conforming_rows_stay_where_they_are(rows):
    """They are fitted when they are taken: bytes of labels, a missing axis."""
    fitting = conform(rows, [Column("label", "int32", (), below=10), Column("image", "float32", ("channels", 2, 2))])

    assert {"label": (np.int32, ()), "image": (np.float32, (1, 2, 2))} == fitting.columns
    assert [8, 2] == fitting.take(np.array([8, 2]))["label"].tolist()
    assert IMAGE[[4]].tolist() == fitting.take(np.array([4]))["image"].tolist()


def test_conforming_rows_are_cast_and_not_checked_again(tmp_path, monkeypatch):
    """Whatever is taken, into new arrays or given ones, also nothing: the checks were made of all rows."""
    records = np.empty(10, [("image", np.float64, (2, 2)), ("label", np.uint8)])
    records["image"], records["label"] = IMAGE[:, 0], LABEL
    np.save(tmp_path / "rows.npy", records)
    columns = [Column("image", "float32", (1, 2, 2)), Column("label", "int32", (), below=10)]
    fitting = conform(FileRows(tmp_path / "rows.npy"), columns)
    monkeypatch.setattr(sys.modules[conform.__module__], "_fit", None)
    out = {"image": np.empty((4, 1, 2, 2), np.float32), "label": np.empty(4, np.int32)}

    for index in (np.array([8, 2]), np.arange(0)):
        for taken in (fitting.take(index), fitting.take(index, out)):
            assert {"image": np.float32, "label": np.int32} == {name: each.dtype for name, each in taken.items()}
            assert all(each.flags.c_contiguous for each in taken.values())
            assert np.array_equal(IMAGE[index], taken["image"])
            assert np.array_equal(LABEL[index], taken["label"])
    assert [8, 2] == fitting.take(np.array([8, 2]), {"label": out["label"]})["label"].tolist()


def test_every_row_is_checked(tmp_path):
    """A value that does not fit is found beyond the first chunk, and told by its row."""
    records = np.zeros(CHUNK + 5, [("label", np.int64)])
    records["label"][CHUNK + 2] = 10
    np.save(tmp_path / "rows.npy", records)

    with pytest.raises(DataError) as caught:
        conform(FileRows(tmp_path / "rows.npy"), [Column("label", "int64", (), below=10)])
    assert f"10 in row {CHUNK + 2} (counted from 0)" == caught.value.diagnostics[0].found


def test_a_table_of_rows_is_split(rows):
    """A split holds the rows that its index names, wherever they lie."""
    splits = split(Table(rows), validation=3, test=0.2)

    assert ["train", "validation", "test"] == [name for name, _ in splits]
    assert {name: index.tolist() for name, index in splits.index.items()} == {
        name: part["label"].tolist() for name, part in splits
    }
    assert LABEL.tolist() == sorted(row for _, part in splits for row in part["label"])


class Buffered(ArrayRows):
    """Decodes into one buffer, as a reader of files may."""

    def take(self, index, out=None):
        if not hasattr(self, "buffer"):
            self.buffer = {
                name: np.empty((512, *values.shape[1:]), values.dtype) for name, values in self.arrays.items()
            }
        return super().take(index, self.buffer)

    def chunks(self, size=4):
        return Rows.chunks(self, size)

    __getitem__ = Rows.__getitem__


def test_a_reader_may_use_its_buffer_again():
    assert LABEL.tolist() == Buffered({"label": LABEL})["label"].tolist()


class Broken(Rows):
    """Gives something else than what it is asked for, once it has been checked."""

    def __init__(self, change, sound=1):
        self.change, self.sound = change, sound

    @property
    def columns(self):
        return {"x": Field(np.dtype("f4"), (2,)), "y": Field(np.dtype("f4"), ())}

    def __len__(self):
        return 10

    def take(self, index, out=None):
        self.sound -= 1
        rows = {"x": np.ones((len(index), 2), "f4"), "y": np.ones(len(index), "f4")}
        return rows if self.sound >= 0 else self.change(rows)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda rows: {name: values[:1] for name, values in rows.items()}, r"column 'x' in the shape \(1, 2\)"),
        (lambda rows: rows | {"y": rows["y"][:-1]}, r"column 'y' in the shape \(3,\)"),
        (lambda rows: rows | {"x": rows["x"][:, :1]}, r"column 'x' in the shape \(4, 1\)"),
        (lambda rows: rows | {"y": [1.0] * 4}, "column 'y' as a list"),
    ],
)
@pytest.mark.parametrize("out", [None, {"x": np.empty((4, 2), "f4"), "y": np.empty(4, "f4")}])
def test_rows_that_give_others_are_refused(change, found, out):
    """What would be broadcast over a batch, or leave rows out of a mean."""
    held = conform(Broken(change), [Column("x", "float32", (2,)), Column("y", "float32", ())])

    with pytest.raises(DataError, match="Broken does not give the rows that it is asked for") as caught:
        held.take(np.arange(4), out)
    assert re.search(found, caught.value.diagnostics[0].found)


def test_chunks_that_are_not_all_rows_are_refused():
    class Short(Broken):
        def chunks(self, size=512):
            yield self.take(np.arange(7))

    with pytest.raises(DataError, match="does not give the rows") as caught:
        conform(Short(None), [Column("x", "float32", (2,))])
    assert "7 rows in chunks" == caught.value.diagnostics[0].found
