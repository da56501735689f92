"""Rows in a file of records, of which only those are read that a batch takes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from declnet import Field, Rows, Table, source


class Records(Rows):
    """The records of a .npy file, which is mapped into memory."""

    def __init__(self, path: Path):
        self._records = np.load(path, mmap_mode="r")

    @property
    def columns(self) -> Mapping[str, Field]:
        return {name: Field(dtype.base, dtype.shape) for name, (dtype, *_) in self._records.dtype.fields.items()}

    def __len__(self) -> int:
        return len(self._records)

    def take(self, index, out=None):
        records = self._records[index]
        if out is None:
            return {name: np.ascontiguousarray(records[name]) for name in self.columns}
        views = {name: array[: len(index)] for name, array in out.items()}
        for name, view in views.items():
            view[...] = records[name]
        return views


PATH = {"type": "string", "format": "path", "description": "The file."}


@source({"required": ["path"], "properties": {"path": PATH}})
def records(folder, *, path):
    """Rows that stay in their file."""
    return Table(Records(Path(path)))
