"""Hold columns against what a spec requires of them, before the first step is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from declnet.data.rows import ArrayRows, Columns, Field, Rows, as_rows
from declnet.errors import DataError, Diagnostic
from declnet.wording import dtype_text, listed, nearest, shape_text, type_text


@dataclass(frozen=True)
class Column:
    """What a spec requires of a column.

    ``shape`` is the shape of one row, None where any size will do, a name where all columns that have it agree on one,
    which ``limits`` may bound by name. ``below`` is the exclusive upper bound of an integer, such as a class index, and
    ``least`` its lower bound then; ``nonnegative`` refuses floats below 0. ``prefixes`` are for masks of sequences: so
    many values of a row at a time, in their order, are ones and then zeros, at least one 1 (None: as many as the last
    axis has).
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]
    below: int | None = None
    least: int = 0
    prefixes: frozenset[int | None] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    nonnegative: bool = False


def conform(data: Rows | Mapping, required: Iterable[Column], what: str = "training data") -> Rows:
    """The required columns of *data*, in the required types and shapes; all rows are checked before this returns.

    Rounding to a shorter float is safe; whatever else changes a value is refused. A size 1 that is missing as a
    row's first axis is added: (rows,) fits (1,), and (rows, height, width) fits (1, height, width).

    Raises:
        DataError: DN4002 for each column that is missing, has another shape, or holds a value that does not fit.
    """
    rows, required = as_rows(data), tuple(required)
    if isinstance(rows, ArrayRows):
        return ArrayRows(_fit_all(rows.arrays, required, what, {}))
    return ConformedRows(rows, required, what)


class ConformedRows(Rows):
    """The required columns of rows that do not lie in memory: checked once as a whole, and cast as they are taken.

    So a row must hold the same values each time that it is taken.
    """

    def __init__(self, rows: Rows, required: Sequence[Column], what: str):
        self._rows, self._required, self._what = rows, required, what
        self._columns: dict[str, Field] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}  # of the rows before they are cast
        sizes: dict[str, tuple[int, str]] = {}
        first = 0
        for chunk in rows.chunks() if len(rows) else [rows.take(np.arange(0))]:
            self._require_arrays(chunk)
            fitting = _fit_all(chunk, required, what, sizes, first)
            self._columns = {name: Field(values.dtype, values.shape[1:]) for name, values in fitting.items()}
            first += len(next(iter(chunk.values())))
        if first != len(rows):
            raise self._broken(f"{first} rows in chunks", f"{len(rows)}, its length")

    @property
    def columns(self) -> Mapping[str, Field]:
        return self._columns

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, index: np.ndarray, out: Columns | None = None) -> dict[str, np.ndarray]:
        taken = self._rows.take(index)
        self._require_arrays(taken, len(index))
        shaped = {column.name: _with_axis(taken[column.name], column) for column in self._required}
        if out is None:
            return {name: np.ascontiguousarray(each, self._columns[name].dtype) for name, each in shaped.items()}
        views = {name: array[: len(index)] for name, array in out.items()}
        for name, view in views.items():
            view[...] = shaped[name]
        return views

    def _require_arrays(self, chunk: Columns, count: int | None = None) -> None:
        """Refuse columns that are no arrays of *count* rows, by default of as many as the first has."""
        for column in self._required:
            values = chunk.get(column.name)
            if values is None:
                continue  # told with the other mistakes, or it was there before
            if not isinstance(values, np.ndarray):
                raise self._broken(f"column {column.name!r} as a {type(values).__name__}", "a numpy array")
            count = len(values) if count is None else count
            known = self._shapes.setdefault(column.name, values.shape[1:])
            if values.shape != (count, *known):
                found = f"column {column.name!r} in the shape {shape_text(values.shape)}"
                raise self._broken(found, shape_text((count, *known)))

    def _broken(self, found: str, allowed: str) -> DataError:
        message = f"{self._what}: {type(self._rows).__name__} does not give the rows that it is asked for"
        return DataError(message, code="DN4002", found=found, allowed=allowed)


def _fit_all(
    columns: Columns, required: Sequence[Column], what: str, sizes: dict[str, tuple[int, str]], first: int = 0
) -> dict[str, np.ndarray]:
    """The *required* ones of *columns*, C-contiguous, as they are required.

    Args:
        sizes: those of the axes that have names, as far as rows before these have told.
        first: the number of the first row, for messages.
    """
    mistakes: list[Diagnostic] = []
    fitting: dict[str, np.ndarray] = {}
    for column in required:
        where = f"{what}: column {column.name!r}"
        try:
            fitting[column.name] = _fit(_find(columns, column, what), column, where, first)
            _agree(fitting[column.name], column, sizes, where)
        except DataError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise DataError.of(mistakes)
    return fitting


def _find(columns: Columns, column: Column, what: str) -> np.ndarray:
    if column.name not in columns:
        near = nearest(column.name, columns)
        raise DataError(
            f"{what}: column {column.name!r} is missing",
            code="DN4002",
            found=f"the columns {listed(columns, column.name)}",
            allowed=f"a column {column.name!r} of {_describe(column)}",
            hint=f"did you mean {near!r}?" if near else "name it in the data source, or rename it in the spec",
        )
    return columns[column.name]


def _fit(values: np.ndarray, column: Column, where: str, first: int) -> np.ndarray:
    """Return *values* in the type and shape that *column* requires."""
    if not len(values):
        raise DataError(
            f"{where} has no rows", code="DN4002", found="0 rows", allowed="at least 1 row", hint="check the source"
        )
    values = _with_axis(values, column)
    row = values.shape[1:]
    if len(row) != len(column.shape) or any(isinstance(n, int) and n != m for n, m in zip(column.shape, row)):
        raise DataError(
            f"{where} has the wrong shape",
            code="DN4002",
            found=shape_text(("N", *row)),
            allowed=shape_text(("N", *column.shape)),
            hint=_shape_hint(row, column.shape),
        )
    _require_numbers(values, column, where)
    target = np.dtype(column.dtype)
    if target.kind in "iub":
        _require_integers(values, column, where, first)
        for size in column.prefixes if values.size else ():
            _require_prefix(values, size or values.shape[-1], where, first)
        return np.ascontiguousarray(values, target)
    _require_finite(values, values, column, where, first)
    with np.errstate(over="ignore"):
        fitting = np.ascontiguousarray(values, target)
    _require_finite(fitting, values, column, where, first)
    if column.nonnegative:
        _refuse(fitting < 0, values, "numbers from 0 on", "a weight of 0 leaves a row out", where, first)
    return fitting


def _with_axis(values: np.ndarray, column: Column) -> np.ndarray:
    """*values* with the size 1 that *column* requires as a row's first axis, where it is missing."""
    return values[:, np.newaxis] if values.ndim == len(column.shape) and column.shape[0] == 1 else values


def _agree(values: np.ndarray, column: Column, sizes: dict[str, tuple[int, str]], where: str) -> None:
    """Note the *sizes* of the axes that have names, by name, with the first column; refuse others, and empty axes."""
    for name, size in zip(column.shape, values.shape[1:]):
        if isinstance(name, str):
            held, first = sizes.setdefault(name, (size, column.name))
            most = column.limits.get(name, size)
            if size != held or not 1 <= size <= most:
                limit = f"at most {most}" if size > most else "at least 1"
                raise DataError(
                    f"{where}: the axis {name!r} has the wrong size",
                    code="DN4002",
                    found=f"{size}",
                    allowed=limit if size == held else f"{held}, as in column {first!r}",
                    hint="pad or cut the columns to one size",
                )


def _require_numbers(values: np.ndarray, column: Column, where: str) -> None:
    if values.dtype.kind not in "biuf":
        raise DataError(
            f"{where} does not hold numbers",
            code="DN4002",
            found=f"{values.flat[0]!s:.40} ({dtype_text(values.dtype)})",
            allowed=_describe(column),
            hint="number the classes, for example by numpy.unique(column, return_inverse=True)"
            if values.dtype.kind in "US"
            else "convert it to numbers",
        )


def _require_integers(values: np.ndarray, column: Column, where: str, first: int) -> None:
    """Refuse values that are not integers of the required range."""
    target = np.dtype(column.dtype)
    least, bound = (0, 2) if target.kind == "b" else (np.iinfo(target).min, int(np.iinfo(target).max) + 1)
    if column.below is not None:
        least, bound = column.least, column.below
    wrong = ~((values >= least) & (values < bound))
    if values.dtype.kind == "f":
        wrong |= values != np.trunc(values)
    counts = f"it counts from {column.least}; check the size in the spec"
    hint = "round or encode the column" if column.below is None else counts
    _refuse(wrong, values, f"integers from {least} to {bound - 1}", hint, where, first)


def _require_prefix(values: np.ndarray, size: int, where: str, first: int) -> None:
    """Refuse masks of sequences that hold a 1 after a 0, or no 1; each *size* values of a row are one mask."""
    masks = values.reshape(-1, size)
    wrong = (np.diff(masks.astype(np.int8), axis=1) > 0).any(axis=1) | (masks[:, 0] == 0)
    if not wrong.any():
        return
    worst = np.flatnonzero(wrong)[0]
    rows = np.flatnonzero(wrong.reshape(len(values), -1).any(axis=1))
    more = f", and {len(rows) - 1} more rows" if len(rows) > 1 else ""
    shown = np.array2string(masks[worst].astype(np.int8), separator=", ", threshold=16, edgeitems=6)
    raise DataError(
        f"{where} holds a mask that is not that of a sequence and its padding",
        code="DN4002",
        found=f"{shown} in row {first + rows[0]} (counted from 0){more}",
        allowed="ones, then zeros, at least one 1",
        hint="move the padding behind the sequence, and leave out rows without a step",
    )


def _require_finite(cast: np.ndarray, values: np.ndarray, column: Column, where: str, first: int) -> None:
    if cast.dtype.kind == "f":
        hint = "fill or remove the rows with missing values" if cast is values else "scale the column down"
        _refuse(~np.isfinite(cast), values, f"finite {column.dtype}", hint, where, first)


def _refuse(wrong: np.ndarray, values: np.ndarray, allowed: str, hint: str, where: str, first: int) -> None:
    """Raise a DataError that shows the first of the *wrong* values, if there is any."""
    if not wrong.any():
        return
    rows = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    more = f", and {len(rows) - 1} more rows" if len(rows) > 1 else ""
    raise DataError(
        f"{where} holds a value that does not fit",
        code="DN4002",
        found=f"{values[wrong][0]} in row {first + rows[0]} (counted from 0){more}",
        allowed=allowed,
        hint=hint,
    )


def _shape_hint(found: tuple[int, ...], required: tuple[int | str | None, ...]) -> str:
    if len(found) > 1 and len(found) == len(required) and (found[-1], *found[:-1]) == required:
        axes = (0, len(found), *range(1, len(found)))
        return f"its channels stand last and must stand first: numpy.transpose(column, {axes})"
    if len(found) == len(required) + 1 and found[-1] == 1 and found[:-1] == required:
        return "drop its last axis: numpy.squeeze(column, -1)"
    return "reshape the column, or change the shape in the spec"


def _describe(column: Column) -> str:
    bounds = "" if column.below is None else f", from {column.least} to {column.below - 1}"
    return type_text(column.dtype, ("N", *column.shape)) + bounds
