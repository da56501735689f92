"""Named columns with one row per example: what every data source returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from declnet.data.rows import Columns, Rows, as_rows
from declnet.errors import DataError
from declnet.wording import listed, shape_text

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, init=False)
class Table:
    """Rows of columns, with what their source knows of them.

    Args:
        rows: the columns, as arrays by name (numbers, booleans or strings, axis 0 the rows), or as Rows.
        test: a test split that the source itself defines, with the same columns.
        labels: the class names of each column that was encoded as integers; class i is ``labels[column][i]``.
        validation: a validation split that the source itself defines, with the same columns.

    Raises:
        DataError: columns differ in length, hold Python objects, or differ between the splits.
    """

    rows: Rows
    test: Rows | None = None
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    validation: Rows | None = None

    def __init__(
        self,
        rows: Rows | Columns,
        test: Rows | Columns | None = None,
        labels: Mapping[str, list[str]] | None = None,
        validation: Rows | Columns | None = None,
    ):
        own = {"test": test, "validation": validation}
        held = {name: None if part is None else as_rows(part, f" of the {name} split") for name, part in own.items()}
        values = {"rows": as_rows(rows), "labels": dict(labels or {}), **held}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        for name, part in held.items():
            if part is not None:
                _require_alike(self.rows, part, name)

    def __len__(self) -> int:
        """The number of rows, without those of the splits that the source defines."""
        return len(self.rows)


def from_arrays(data: Any) -> Table:
    """Make a table of what was handed over in Python.

    Args:
        data: ``{"image": x, "label": y}``; or the splits as ``{"train": {...}, "validation": {...}, "test": {...}}``
            or as a tuple in this order, where all but the first may be absent; Rows in place of a dict of columns; or
            a Table.

    Raises:
        DataError: *data* has another form, or its columns do not make a Table.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, Rows):
        return Table(data)
    if isinstance(data, tuple) and 1 <= len(data) <= len(SPLITS) and all(map(_is_rows, data)):
        data = dict(zip(SPLITS, data))
    if not isinstance(data, Mapping):
        raise DataError(
            "the data are not a dict of columns",
            found=f"a {type(data).__name__}",
            allowed='{"column": array}, {"train": {...}, "test": {...}}, or a tuple of up to three dicts',
            hint='name each array after the input or target that it is for: {"image": x, "label": y}',
        )
    splits = [name for name, value in data.items() if _is_rows(value)]
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


def _is_rows(value: Any) -> bool:
    return isinstance(value, Rows | Mapping)


def _require_alike(train: Rows, other: Rows, split: str) -> None:
    """Refuse a split whose columns are not those of the training split."""
    parts = [{name: shape_text(("N", *held.shape)) for name, held in rows.columns.items()} for rows in (other, train)]
    found, allowed = (", ".join(f"{name!r} {part[name]}" for name in sorted(part)) for part in parts)
    if found != allowed:
        raise DataError(
            f"the {split} split does not have the columns of the training split",
            found=found,
            allowed=allowed,
            hint="give every split the same column names and row shapes",
        )
