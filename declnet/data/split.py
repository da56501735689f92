"""Part the rows of a table into a training, a validation and a test split."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from declnet.data.rows import Rows
from declnet.data.table import SPLITS, Table
from declnet.errors import DataError
from declnet.wording import type_text


@dataclass(frozen=True)
class Splits:
    """The rows of each split; None where a split has none.

    ``index`` says which rows of the table a split holds; a split without an entry is whole, as the table has it.
    """

    train: Rows
    validation: Rows | None = None
    test: Rows | None = None
    index: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[str, Rows]]:
        """The splits that there are: name and rows."""
        for name in SPLITS:
            if (rows := getattr(self, name)) is not None:
                yield name, rows

    def map(self, function: Callable[[str, Rows], Rows]) -> Splits:
        """The same splits, of what *function* makes of each one's name and rows."""
        return Splits(**{name: function(name, rows) for name, rows in self}, index=self.index)


def select(table: Table, index: Mapping[str, np.ndarray], names: Collection[str]) -> Splits:
    """The splits *names* of *table* that an earlier ``split`` made, with that one's ``index``.

    Raises:
        DataError: the table does not have these rows.
    """
    held = {"train": table.rows, "validation": table.validation, "test": table.test}
    made: dict[str, Rows] = {}
    for name in names:
        if name in index:
            if len(index[name]) and index[name].max() >= len(table):
                raise DataError(
                    f"the {name} split held row {index[name].max()}", code="DN4002", found=f"{len(table)} rows"
                )
            made[name] = table.rows.subset(index[name])
        elif (whole := held[name]) is not None:
            made[name] = whole
        else:
            raise DataError(f"the data bring no {name} split any more", code="DN4002")
    return Splits(**made, index=index)


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
    index = {}
    for name, size in sizes.items():
        if size:
            rows, index[name] = _draw(rows, size, classes and classes[1], names, name, random)
    if index:
        index["train"] = rows
    drawn = {name: table.rows.subset(part) for name, part in index.items()}
    return Splits(
        drawn.get("train", table.rows),
        drawn.get("validation", table.validation),
        drawn.get("test", table.test),
        index,
    )


def _size(table: Table, name: str, share: float, own: Rows | None) -> int:
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
    columns = table.rows.columns
    candidates = [name for name, held in columns.items() if not held.shape and held.dtype.kind in "biuUS"]
    chosen = [name for name in candidates if stratify in (True, name)]
    if len(chosen) != 1:
        raise DataError(
            "no column to stratify by" if not chosen else "several columns could be meant by stratify",
            code="DN4002",
            found=", ".join(f"{name!r} {type_text(held.dtype, ('N', *held.shape))}" for name, held in columns.items()),
            allowed="one column with one class a row" if stratify is True else f"a column {stratify!r} of classes",
            hint="name a column of integers in data.split.stratify, or set it to false",
        )
    return chosen[0], table.rows[chosen[0]]


def _draw(
    rows: np.ndarray,
    size: int,
    classes: np.ndarray | None,
    names: Sequence[str] | None,
    name: str,
    random: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Part *rows* into those that stay and *size* others, both in order."""
    from sklearn.model_selection import train_test_split

    strata = None
    if classes is not None:
        strata = classes[rows]
        _require_strata(strata, size, len(rows), names, name)
    stay, part = train_test_split(rows, test_size=size, stratify=strata, random_state=random)
    return np.sort(stay), np.sort(part)


def _require_strata(strata: np.ndarray, size: int, total: int, names: Sequence[str] | None, split: str) -> None:
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
