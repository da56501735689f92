"""Rows: what training, evaluation and fitting read, wherever it lies.

Arrays in memory are one implementation; a file that is mapped, or a database, is another: a subclass of Rows that
says what its columns are and takes rows by their numbers.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from declnet.errors import DataError
from declnet.wording import type_text

CHUNK = 1024

Columns = Mapping[str, np.ndarray]


class Field(NamedTuple):
    """What a column holds: the type of its values, and the shape of one row."""

    dtype: np.dtype
    shape: tuple[int, ...]


class Rows(ABC):
    """Rows of named columns, numbered from 0. Axis 0 of every array that they give counts rows."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, Field]:
        """What each column holds, by its name."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of rows."""

    @abstractmethod
    def take(self, index: np.ndarray, out: Columns | None = None) -> dict[str, np.ndarray]:
        """The rows at *index*, integers, in that order; a row holds the same values each time.

        Args:
            out: arrays to write them into, of at least ``len(index)`` rows; what is returned are views of them. Columns
                without one are left out.

        Raises:
            IndexError: an index is not that of a row.
        """

    def subset(self, index: np.ndarray) -> Rows:
        """The rows at *index*, as Rows: what a split or a fold is."""
        return Subset(self, index)

    def chunks(self, size: int = CHUNK) -> Iterator[dict[str, np.ndarray]]:
        """All rows in their order, *size* at a time; the last chunk may be smaller."""
        for start in range(0, len(self), size):
            yield self.take(np.arange(start, min(start + size, len(self))))

    def fingerprint(self) -> str:
        """A name for the content: the SHA-256 of the names, types, shapes and little-endian bytes of all columns.

        Neither the columns' order nor how the rows are stored is part of it.
        """
        digests = {}
        for name, field in self.columns.items():
            dtype = field.dtype.newbyteorder("<")
            digests[name] = hashlib.sha256(json.dumps([name, dtype.str, [len(self), *field.shape]]).encode())
        for chunk in self.chunks():
            for name, values in chunk.items():
                values = np.ascontiguousarray(values, self.columns[name].dtype.newbyteorder("<"))
                digests[name].update(values.tobytes())
        whole = {name: digest.hexdigest() for name, digest in sorted(digests.items())}
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()

    def __getitem__(self, name: str) -> np.ndarray:
        """A whole column."""
        if name not in self.columns:
            raise KeyError(name)
        return np.concatenate([np.array(chunk[name]) for chunk in self.chunks()])

    # Rows or columns? Whoever wants either says so: chunks, columns.
    __iter__ = None


class ArrayRows(Rows):
    """Columns that are arrays of equal length: numbers, booleans or strings.

    Args:
        where: what to say of them in errors: " of the test split".

    Raises:
        DataError: they differ in length, or hold Python objects; or there are none.
    """

    def __init__(self, columns: Mapping[str, Any], where: str = ""):
        self.arrays = {name: _array(name, values, where) for name, values in columns.items()}
        if not self.arrays:
            raise DataError(f"there are no columns{where}", allowed="at least one column")
        if len({len(values) for values in self.arrays.values()}) > 1:
            raise DataError(
                f"the columns{where} differ in length",
                found=", ".join(f"{name!r} {len(values)} rows" for name, values in self.arrays.items()),
                allowed="the same number of rows in each",
                hint="axis 0 of every array counts the examples",
            )

    @property
    def columns(self) -> dict[str, Field]:
        return {name: Field(values.dtype, values.shape[1:]) for name, values in self.arrays.items()}

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def take(self, index: np.ndarray, out: Columns | None = None) -> dict[str, np.ndarray]:
        _require_rows(index, len(self))
        if out is None:
            return {name: values[index] for name, values in self.arrays.items()}
        views = {name: array[: len(index)] for name, array in out.items()}
        for name, view in views.items():
            # With mode="raise" numpy would write into a copy first.
            self.arrays[name].take(index, axis=0, out=view, mode="clip")
        return views

    def subset(self, index: np.ndarray) -> ArrayRows:
        return ArrayRows({name: values[index] for name, values in self.arrays.items()})

    def chunks(self, size: int = CHUNK) -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, len(self), size):
            yield {name: values[start : start + size] for name, values in self.arrays.items()}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Subset(Rows):
    """The rows of *rows* at *index*, which stay where they are."""

    def __init__(self, rows: Rows, index: np.ndarray):
        self._rows, self._index = rows, np.asarray(index)

    @property
    def columns(self) -> Mapping[str, Field]:
        return self._rows.columns

    def __len__(self) -> int:
        return len(self._index)

    def take(self, index: np.ndarray, out: Columns | None = None) -> dict[str, np.ndarray]:
        _require_rows(index, len(self))
        return self._rows.take(self._index[index], out)


def as_rows(data: Rows | Mapping[str, Any], where: str = "") -> Rows:
    """*data* as Rows, which they may be.

    Raises:
        DataError: the arrays do not make rows.
    """
    return data if isinstance(data, Rows) else ArrayRows(data, where)


def _require_rows(index: np.ndarray, count: int) -> None:
    """Raise IndexError where *index* names a row that is none of *count*; numpy would count -1 from the end."""
    # Seen without a sign, a negative number is a very large one: one look at each, in every step.
    if len(index) and not index.astype(np.int64, copy=False).view(np.uint64).max() < count:
        raise IndexError(f"rows {index.min()} to {index.max()} of rows 0 to {count - 1}")


def _array(name: str, values: Any, where: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(
            f"column {name!r}{where} is not an array",
            found=str(error),
            allowed="rows of equal shape",
            hint="pad or cut its rows to one shape",
        ) from None
    if array.ndim and array.dtype.kind in "biufUSM":
        return array
    raise DataError(
        f"column {name!r}{where} cannot be used",
        found=type_text(array.dtype, array.shape),
        allowed="numbers, booleans or strings, with one row for each example",
        hint="convert it with numpy.asarray(column, dtype=...) first",
    )
