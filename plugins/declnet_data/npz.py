"""Arrays from a file of numpy's; never unpickled."""

import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from declnet import DataError, Table, source

# What zipfile, zlib and numpy raise for archives that are damaged, encrypted, oversized or full of Python objects.
DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, MemoryError, RuntimeError, ValueError)


@source("npz.schema.json")
def npz(folder: Path, *, path: str, columns: dict[str, str] | None, test: dict[str, str] | None) -> Table:
    """Arrays of a .npz file, axis 0 the rows.

    Raises:
        DataError: the file is missing or damaged, lacks an array, or holds Python objects.
    """
    file = folder / path
    if test and not columns:
        raise DataError(
            "a source with test needs columns too",
            file=str(file),
            found="test without columns",
            allowed='both, for example "columns": {"image": "x_train"}, "test": {"image": "x_test"}',
            hint="name the arrays of the training split in columns",
        )
    try:
        # numpy.load reads other formats too; only an archive is wanted here, and its names say what is in it.
        with zipfile.ZipFile(file) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
        with np.load(file, allow_pickle=False) as arrays:
            train = _take(arrays, columns or {name: name for name in names}, names, file)
            return Table(train, _take(arrays, test, names, file) if test else None)
    except OSError as error:
        raise DataError(
            "the npz file cannot be read",
            file=str(file),
            found=error.strerror or str(error),
            allowed="a file that can be read",
            hint="check the path; it is relative to the spec's folder",
        ) from None
    except DAMAGES as error:
        raise DataError(
            "the npz file is damaged or of another format",
            file=str(file),
            found=str(error),
            allowed="a file as numpy.savez writes it, of numbers, booleans or strings",
            hint="write it anew with numpy.savez; arrays of Python objects are never loaded",
        ) from None


def _take(
    arrays: Mapping[str, np.ndarray], columns: Mapping[str, str], names: Collection[str], file: Path
) -> dict[str, np.ndarray]:
    for key in columns.values():
        if key not in names:
            message, hint = f"the npz file has no array {key!r}", "change columns in the data source"
            raise DataError.unknown(message, key, names, file=str(file), hint=hint)
    return {column: arrays[key] for column, key in columns.items()}
