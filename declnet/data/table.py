"""Named arrays with one row per example: what every data source returns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from declnet.errors import DataError
from declnet.wording import listed, shape_text, type_text

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Table:
    """Columns of equal length; axis 0 is the rows.

    Args:
        columns: the arrays by name: numbers, booleans or strings.
        test: the same columns of a test split that the source itself defines.
        labels: the class names of each column that was encoded as integers; class i is ``labels[column][i]``.
        validation: the same columns of a validation split that the source itself defines.

    Raises:
        DataError: columns differ in length, hold Python objects, or differ between the splits.
    """

    columns: Mapping[str, np.ndarray]
    test: Mapping[str, np.ndarray] | None = None
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    validation: Mapping[str, np.ndarray] | None = None

    def __post_init__(self):
        object.__setattr__(self, "columns", _arrays(self.columns))
        for name in ("validation", "test"):
            if (split := getattr(self, name)) is not None:
                arrays = _arrays(split, f" of the {name} split")
                _require_alike(self.columns, arrays, name)
                object.__setattr__(self, name, arrays)

    def __len__(self) -> int:
        """The number of rows, without those of the splits that the source defines."""
        return len(next(iter(self.columns.values())))


def from_arrays(data) -> Table:
    """Make a table of what was handed over in Python.

    Args:
        data: ``{"image": x, "label": y}``; or the splits as ``{"train": {...}, "validation": {...}, "test": {...}}``
            or as a tuple in this order, where all but the first may be absent; or a Table.

    Raises:
        DataError: *data* has another form, or its columns do not make a Table.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, tuple) and 1 <= len(data) <= len(SPLITS) and all(isinstance(part, Mapping) for part in data):
        data = dict(zip(SPLITS, data))
    if not isinstance(data, Mapping):
        raise DataError(
            "the data are not a dict of columns",
            found=f"a {type(data).__name__}",
            allowed='{"column": array}, {"train": {...}, "test": {...}}, or a tuple of up to three dicts',
            hint='name each array after the input or target that it is for: {"image": x, "label": y}',
        )
    splits = [name for name, value in data.items() if isinstance(value, Mapping)]
    if not splits:
        return Table(data)
    if "train" not in splits or set(data) - set(SPLITS) or set(data) - set(splits):
        raise DataError(
            "the data are neither columns nor splits",
            found=listed(data),
            allowed="'train' and, where wanted, 'validation' and 'test', each a dict of columns",
            hint="hand over either a dict of arrays or a dict of dicts of arrays",
        )
    return Table(data["train"], data.get("test"), validation=data.get("validation"))


def fingerprint(columns: Mapping[str, np.ndarray]) -> str:
    """Name the data: the SHA-256 of names, types, shapes and little-endian bytes, whatever the columns' order."""
    digest = hashlib.sha256()
    for name in sorted(columns):
        values = np.asarray(columns[name])
        values = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        digest.update(json.dumps([name, values.dtype.str, values.shape]).encode() + b"\n")
        digest.update(values.reshape(-1).view(np.uint8))
    return digest.hexdigest()


def _arrays(columns: Mapping, where: str = "") -> dict[str, np.ndarray]:
    """Return the columns as arrays of equal length."""
    arrays = {name: _array(name, values, where) for name, values in columns.items()}
    if not arrays:
        raise DataError(f"there are no columns{where}", allowed="at least one column")
    if len({len(values) for values in arrays.values()}) > 1:
        raise DataError(
            f"the columns{where} differ in length",
            found=", ".join(f"{name!r} {len(values)} rows" for name, values in arrays.items()),
            allowed="the same number of rows in each",
            hint="axis 0 of every array counts the examples",
        )
    return arrays


def _array(name: str, values, where: str) -> np.ndarray:
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


def _require_alike(train: Mapping, other: Mapping, split: str) -> None:
    """Refuse a split whose columns are not those of the training split."""
    parts = [{name: shape_text(("N", *values.shape[1:])) for name, values in part.items()} for part in (other, train)]
    found, allowed = (", ".join(f"{name!r} {part[name]}" for name in sorted(part)) for part in parts)
    if found != allowed:
        raise DataError(
            f"the {split} split does not have the columns of the training split",
            found=found,
            allowed=allowed,
            hint="give every split the same column names and row shapes",
        )
