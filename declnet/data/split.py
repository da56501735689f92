"""Part the rows of a table into a training, a validation and a test split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from declnet.data.table import Table
from declnet.errors import DataError
from declnet.wording import type_text


@dataclass(frozen=True)
class Splits:
    """The columns of each split; None where a split has no rows."""

    train: Mapping[str, np.ndarray]
    validation: Mapping[str, np.ndarray] | None
    test: Mapping[str, np.ndarray] | None


def split(
    table: Table, *, validation: float = 0, test: float = 0, stratify: bool | str = False, seed: int = 0
) -> Splits:
    """Draw the validation and the test split from the rows of *table*; the rest is for training.

    The draw is a function of *seed* and the number of rows (and their classes) alone. Rows keep their order
    within a split.

    Args:
        validation: an integer is a number of rows, a float below 1 a share of all rows; 0: the table's own
            validation split, or none.
        test: likewise.
        stratify: keep the shares of the classes in each split; True: of the only column that holds one integer
            a row, else the name of the column.

    Raises:
        DataError: no rows would be left for training, a split is asked for that the table defines itself, or a
            class has too few rows.
    """
    rows = np.arange(len(table))
    sizes = {
        "test": _size(table, "test", test, table.test),
        "validation": _size(table, "validation", validation, table.validation),
    }
    if sum(sizes.values()) >= len(rows):
        raise DataError(
            "the split leaves no rows for training",
            code="DN4002",
            found=f"{len(rows)} rows, validation {sizes['validation']}, test {sizes['test']}",
            allowed="validation and test together less than all rows",
            hint="make data.split.validation or data.split.test smaller",
        )
    classes = _classes(table, stratify) if stratify and any(sizes.values()) else None
    names = table.labels.get(classes[0]) if classes else None
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
    drawn = {"test": table.test, "validation": table.validation}
    for name, size in sizes.items():
        if size:
            rows, part = _draw(rows, size, classes and classes[1], names, name, random)
            drawn[name] = {column: values[part] for column, values in table.columns.items()}
    if any(sizes.values()):
        return Splits({column: values[rows] for column, values in table.columns.items()}, **drawn)
    return Splits(table.columns, **drawn)


def _size(table: Table, name: str, share: float, own: Mapping | None) -> int:
    """The number of rows that *share* asks for."""
    if share < 0 or (isinstance(share, float) and share >= 1):
        raise DataError(
            f"the {name} split has an impossible size",
            code="DN4002",
            found=str(share),
            allowed="a share from 0 up to, not including, 1, or a whole number of rows",
            hint=f"change data.split.{name}",
        )
    if share and own is not None:
        raise DataError(
            f"the data bring their own {name} split, and the spec asks for another",
            code="DN4002",
            found=f"{name}: {share}",
            allowed=f"{name}: 0",
            hint=f"set data.split.{name} to 0 to use the data's own",
        )
    return max(1, round(share * len(table))) if isinstance(share, float) and share else int(share)


def _classes(table: Table, stratify: bool | str) -> tuple[str, np.ndarray]:
    """The name and the values of the column by whose classes to stratify."""
    candidates = {n: v for n, v in table.columns.items() if v.ndim == 1 and v.dtype.kind in "biuUS"}
    chosen = [name for name in candidates if stratify in (True, name)]
    if len(chosen) != 1:
        raise DataError(
            "no column to stratify by" if not chosen else "several columns could be meant by stratify",
            code="DN4002",
            found=", ".join(f"{n!r} {type_text(v.dtype, ('N', *v.shape[1:]))}" for n, v in table.columns.items()),
            allowed="one column with one class a row" if stratify is True else f"a column {stratify!r} of classes",
            hint="name a column of integers in data.split.stratify, or set it to false",
        )
    return chosen[0], candidates[chosen[0]]


def _draw(rows, size, classes, names, name, random) -> tuple[np.ndarray, np.ndarray]:
    """Part *rows* into those that stay and *size* others, both in order."""
    from sklearn.model_selection import train_test_split

    strata = None
    if classes is not None:
        strata = classes[rows]
        _require_strata(strata, size, len(rows), names, name)
    stay, part = train_test_split(rows, test_size=size, stratify=strata, random_state=random)
    return np.sort(stay), np.sort(part)


def _require_strata(strata, size, total, names, split) -> None:
    """Refuse what cannot be stratified: both parts need a row of each class, and so each class two rows."""
    values, counts = np.unique(strata, return_counts=True)
    if counts.min() < 2:
        scarce = values[counts.argmin()]
        raise DataError(
            f"a class has too few rows to be in the {split} split and in the rest",
            code="DN4002",
            found=f"class {names[scarce] if names else scarce}: {counts.min()} row",
            allowed="at least 2 rows of each class",
            hint="add or remove rows, or set data.split.stratify to false",
        )
    if min(size, total - size) < len(values):
        raise DataError(
            f"the {split} split, or the rest, is too small to hold every class",
            code="DN4002",
            found=f"{size} of {total} rows for {len(values)} classes",
            allowed=f"at least {len(values)} rows on either side",
            hint=f"change data.split.{split}, or set data.split.stratify to false",
        )
