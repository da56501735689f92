"""Files of rows that ``predict`` and ``evaluate`` read, and files of outputs that ``predict`` writes."""

import csv
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from declnet.errors import DataError, RunError
from declnet.spec import Spec
from declnet.training.checkpoint import write_bytes

READABLE = (".npz", ".npy", ".json", ".csv")
WRITABLE = (".npz", ".json", ".csv")


def read_rows(path: Path, spec: Spec, *, inputs_only: bool = False) -> dict[str, np.ndarray]:
    """The columns in a file, by name; axis 0 is the rows.

    * .npz: arrays by name. .npy: one array, for a model with one input.
    * .json: ``{"image": [...], ...}``, or a list of rows, each ``{"image": ..., ...}``.
    * .csv: a header, then numbers or texts. A column of the spec's csv source is put together as the spec says; an
      input without a column of its name takes, if it is the only one, the columns in the order of the file.

    Args:
        inputs_only: leave out what is no input of the spec.

    Raises:
        DataError: the file cannot be read, or is not of the form that its suffix says.
    """
    readers = {".npz": _read_npz, ".npy": _read_npy, ".json": _read_json, ".csv": _read_csv}
    if path.suffix not in readers:
        raise DataError("rows cannot be read from such a file", found=path.name, allowed=", ".join(READABLE))
    try:
        columns = readers[path.suffix](path, spec)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", hint="check the path") from None
    except DataError:
        raise
    except Exception as error:  # what numpy, zipfile and json raise for a damaged file has no common class
        raise DataError(f"{path} is not a {path.suffix} file of rows: {str(error).splitlines()[0]}") from None
    if inputs_only:
        columns = {name: values for name, values in columns.items() if name in spec.inputs} or columns
    return columns


def require_writable(path: Path, force: bool, allowed: tuple[str, ...] = WRITABLE) -> None:
    """Refuse, before any work is done, what could not be written.

    Raises:
        RunError: the suffix is unknown, the folder is not there, or *path* exists and *force* is not given.
    """
    if path.suffix not in allowed:
        raise RunError("this cannot be written to such a file", found=path.name, allowed=", ".join(allowed))
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise RunError(f"{path} cannot be written", allowed="a file in a folder that exists and can be written to")
    if path.exists() and not force:
        raise RunError(f"{path} exists already", hint="choose another name, or replace it with --force")


def write_rows(path: Path, outputs: Mapping[str, np.ndarray]) -> None:
    """Write outputs by the suffix of *path*, at once or not at all.

    Raises:
        RunError: an output has too many axes for .csv, or the file cannot be written.
    """
    write_bytes(path, {".npz": _npz, ".json": _json, ".csv": _csv}[path.suffix](outputs))


def _read_npz(path: Path, spec: Spec) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _read_npy(path: Path, spec: Spec) -> dict[str, np.ndarray]:
    if len(spec.inputs) > 1:
        raise DataError(f"{path} is one array, but the model has several inputs", allowed=f".npz with {_names(spec)}")
    return {next(iter(spec.inputs)): np.load(path, allow_pickle=False)}


def _read_json(path: Path, spec: Spec) -> dict[str, np.ndarray]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(content, list) and content and all(isinstance(row, dict) for row in content):
        content = {name: [row[name] for row in content if name in row] for name in content[0]}
    if not isinstance(content, dict):
        example = dict.fromkeys(spec.inputs, "[...]")
        raise DataError(f"{path} does not hold columns", allowed=f"{json.dumps(example)}, or a list of such rows")
    return {name: _array(name, values) for name, values in content.items()}


def _array(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(
            f"the rows of column {name!r} differ in shape",
            allowed="rows of one shape",
            hint="pad the shorter ones; recurrent and attention layers take a mask or lengths beside them",
        ) from None


def _read_csv(path: Path, spec: Spec) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True)
        header, *rows = [[cell.strip() for cell in row] for row in reader if row] or [[]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(
                f"{path}: row {number} has another number of cells than the header",
                found=f"{len(row)}",
                allowed=f"{len(header)}",
            )
    if not rows:
        raise DataError(f"{path} holds no rows", allowed="a header and at least one row")
    cells = {name: _numbers([row[position] for row in rows]) for position, name in enumerate(header)}
    columns = dict(cells)
    source = spec.data.source.get("columns") if spec.data else None
    for name, parts in source.items() if isinstance(source, Mapping) else ():
        parts = parts if isinstance(parts, list) else [parts]
        if all(part in cells for part in parts):
            columns[name] = np.stack([cells[part] for part in parts], axis=1) if len(parts) > 1 else cells[parts[0]]
    if len(spec.inputs) == 1 and not set(spec.inputs) & set(columns):
        numeric = [values for values in cells.values() if values.dtype.kind == "f"]
        columns[next(iter(spec.inputs))] = np.stack(numeric, axis=1) if numeric else np.empty((len(rows), 0))
    return columns


def _numbers(cells: list[str]) -> np.ndarray:
    try:
        return np.array(cells, dtype="float64")
    except ValueError:
        return np.array(cells)


def _names(spec: Spec) -> str:
    return ", ".join(map(repr, spec.inputs))


def _npz(outputs: Mapping[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    texts = {name: values.astype(str) for name, values in outputs.items() if values.dtype.kind == "O"}
    arrays: dict[str, Any] = {**outputs, **texts}
    np.savez(file, **arrays)
    return file.getvalue()


def _json(outputs: Mapping[str, np.ndarray]) -> bytes:
    return (json.dumps({name: values.tolist() for name, values in outputs.items()}) + "\n").encode()


def _csv(outputs: Mapping[str, np.ndarray]) -> bytes:
    columns = {}
    for name, values in outputs.items():
        if values.ndim > 2:
            raise RunError(
                f"output {name!r} does not fit into a table", found=f"{values.ndim} axes", allowed=".npz, .json"
            )
        if values.ndim == 1:
            columns[name] = values.tolist()
        else:
            columns |= {f"{name}_{k}": values[:, k].tolist() for k in range(values.shape[1])}
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values()))
    return file.getvalue().encode()
