"""Tables in text files."""

from csv import Error
from csv import reader as csv_reader
from pathlib import Path

from declnet import DataError, Table, source
from declnet_data.cells import Cells
from declnet_data.reading import reading


@source("csv.schema.json")
def csv(folder: Path, *, path: str, columns: dict[str, str | list[str]], delimiter: str, header: bool) -> Table:
    """Columns of a text file with one line for each row (RFC 4180).

    Raises:
        DataError: the file cannot be read, lacks a column, or has lines of unequal length, missing values, or
            cells that are not numbers: each with its line and column, the first ten at once.
    """
    file = folder / path
    cells = _read(file, delimiter, header)
    wanted = {
        name: [cells.position(n) for n in (chosen if isinstance(chosen, list) else [chosen])]
        for name, chosen in columns.items()
    }
    arrays, labels = {}, {}
    for name, positions in wanted.items():
        if isinstance(columns[name], list):
            arrays[name] = cells.matrix(positions)
        else:
            arrays[name], classes = cells.column(positions[0])
            if classes is not None:
                labels[name] = classes
    cells.raise_mistakes()
    return Table(arrays, labels=labels)


def _read(file: Path, delimiter: str, header: bool) -> Cells:
    """Read all cells of *file*; blank lines are skipped."""
    try:
        with reading(file, "the csv file"), file.open(newline="", encoding="utf-8-sig") as text:
            rows = csv_reader(text, delimiter=delimiter, strict=True, skipinitialspace=True)
            numbered = [(rows.line_num, [cell.strip() for cell in row]) for row in rows if row]
    except Error as error:
        raise DataError(
            "the csv file is malformed",
            file=str(file),
            line=rows.line_num,
            found=str(error),
            allowed="quotes that close, and cells of moderate length",
            hint="check the quotes of this line and the delimiter",
        ) from None
    if len(numbered) < 1 + header:
        raise DataError(
            "the csv file has no rows",
            file=str(file),
            found=f"{len(numbered)} lines",
            allowed="a header and at least one row" if header else "at least one row",
            hint="check the path and the property header",
        )
    if header:
        (_, names), *numbered = numbered
    else:
        names = [str(n + 1) for n in range(len(numbered[0][1]))]
    return Cells(file, names, numbered)
