"""The cells of a text file: turned into arrays, each mistake with its line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from declnet import DataError, Diagnostic

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
SHOWN = 10
LARGEST = float(np.finfo(np.float32).max)


class Cells:
    """Rows of strings.

    Args:
        file: the path, for messages.
        names: the columns' names.
        numbered: (line number, cells) of each row.

    Raises:
        DataError: rows of unequal length, or a name used twice.
    """

    def __init__(self, file: Path, names: Sequence[str], numbered: Sequence[tuple[int, Sequence[str]]]) -> None:
        self.file, self.names = file, names
        self.mistakes: list[Diagnostic] = []
        if len(set(names)) < len(names):
            twice = next(name for i, name in enumerate(names) if name in names[:i])
            found = ", ".join(map(repr, names))
            self._add(1, f"two columns are called {twice!r}", found, "different names", "rename one")
        for line, row in numbered:
            if len(row) != len(names):
                self._add(
                    line,
                    "the line has another number of cells than the file has columns",
                    f"cells: {len(row)}",
                    f"cells: {len(names)}",
                    "quote cells that hold the delimiter; check the property delimiter",
                )
        self.raise_mistakes()
        self.lines = [line for line, _ in numbered]
        self.columns = list(zip(*(row for _, row in numbered)))

    def position(self, name: str) -> int:
        """The position of the column called *name*.

        Raises:
            DataError: there is none.
        """
        if name in self.names:
            return self.names.index(name)
        hint = "check the properties columns, delimiter and header"
        message = f"the csv file has no column {name!r}"
        raise DataError.unknown(message, name, self.names, file=str(self.file), line=1, hint=hint)

    def matrix(self, positions: Sequence[int]) -> np.ndarray:
        """The numeric columns at *positions* as float32 (rows, columns)."""
        return np.stack([self._numbers(position) for position in positions], axis=1).astype(np.float32)

    def column(self, position: int) -> tuple[np.ndarray, list[str] | None]:
        """The column as (array, classes): numbers and None, or class numbers and the sorted class names."""
        cells = self.columns[position]
        if any(_number(cell) is not None for cell in cells):
            return _shortest(self._numbers(position), cells), None
        for line, cell in zip(self.lines, cells):
            if not cell:
                self._missing(line, position, cell)
        classes, codes = np.unique(np.array(cells), return_inverse=True)
        return codes.astype(np.int64), classes.tolist()

    def raise_mistakes(self) -> None:
        """Raise what was found so far, if anything, as one DataError."""
        if self.mistakes:
            shown = sorted(self.mistakes, key=lambda mistake: mistake.line or 0)[:SHOWN]
            if hidden := len(self.mistakes) - len(shown):
                message = f"{hidden} more mistakes in this file"
                shown.append(Diagnostic("DN4001", message, file=str(self.file), hint="mend the first ones"))
            raise DataError.of(shown)

    def _numbers(self, position: int) -> np.ndarray:
        """The column as float64; what is no finite number is noted as a mistake and given as NaN."""
        values = np.full(len(self.lines), np.nan)
        for row, cell in enumerate(self.columns[position]):
            value = _number(cell)
            if value is not None:
                values[row] = value
            elif cell.lower() in MISSING:
                self._missing(self.lines[row], position, cell)
            else:
                self._add(
                    self.lines[row],
                    f"column {self.names[position]!r}: the cell is not a number",
                    repr(cell),
                    "a finite number such as 3, -0.5 or 1e-4",
                    "correct the cell; a column of classes is named alone and holds no numbers",
                )
        return values

    def _missing(self, line: int, position: int, cell: str) -> None:
        self._add(
            line,
            f"column {self.names[position]!r}: the value is missing",
            repr(cell),
            "a value in every row",
            "fill the cell or remove the row",
        )

    def _add(self, line: int, message: str, found: str, allowed: str, hint: str) -> None:
        self.mistakes.append(
            Diagnostic("DN4001", message, found=found, allowed=allowed, hint=hint, file=str(self.file), line=line)
        )


def _number(cell: str) -> float | None:
    """The finite number, within float32, that *cell* spells in ASCII digits, or None."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST and "_" not in cell and cell.isascii() else None


def _shortest(values: np.ndarray, cells: Sequence[str]) -> np.ndarray:
    """*values* as int64 where every cell spells an integer that it holds exactly, else as float32."""
    if all(cell.lstrip("+-").isdigit() for cell in cells) and np.abs(values).max() < 2**53:
        return values.astype(np.int64)
    return values.astype(np.float32)
