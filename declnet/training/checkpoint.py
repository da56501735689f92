"""Checkpoints: tensors and the state of a run in one safetensors file, written so that a crash cannot spoil it.

What a run writes carries the version of its format, which ``require_format`` checks wherever it is read.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from declnet.errors import RunError

#: The version of the format of checkpoints and run folders: another number for what this declnet could not read.
FORMAT = 1

_KEY = "declnet"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and the state of the run (plain JSON)."""

    tensors: Mapping[str, np.ndarray]
    state: Mapping[str, Any]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint to *path*; until it is complete, what was there stays.

    Raises:
        RunError: it cannot be written; what was there is still there.
    """
    tensors = {name: np.asarray(value, order="C") for name, value in checkpoint.tensors.items()}
    write_bytes(path, save(tensors, metadata={_KEY: json.dumps({"format": FORMAT, **checkpoint.state})}))


def write_bytes(path: Path, data: bytes) -> None:
    """Write *data* to a temporary name beside *path*, flush it to the disk, and rename it.

    Raises:
        RunError: as for ``write``.
    """
    temporary = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="what was there before is untouched; free some space or choose another folder, then --resume",
        ) from error


def read(path: Path, *, foreign: bool = False) -> Checkpoint:
    """Read a checkpoint.

    Args:
        foreign: whether a safetensors file will do that declnet did not write; its state is empty.

    Raises:
        RunError: the file is missing, is not a safetensors file, was not written by declnet, or has another format.
    """
    try:
        with safe_open(path, "numpy") as file:
            state = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError, ValueError) as error:
        raise RunError(f"checkpoint {path} cannot be read: {error}", code="DN5002") from None
    if state is None and foreign:
        return Checkpoint(tensors, {})
    if not isinstance(state, dict):
        raise RunError(f"{path} is no checkpoint of declnet", code="DN5002")
    return Checkpoint(tensors, require_format(path, state))


def require_format(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """The *content* of a file of a run, without the version of its format.

    Raises:
        RunError: this declnet does not read that format.
    """
    found = content.get("format")
    if type(found) is not int or found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        raise RunError(
            f"{path} was written in a format that this declnet does not read",
            found=f"format {found!r}" if found is not None else "no format",
            allowed=f"format {FORMAT}",
            hint="install the newer declnet that wrote it" if newer else "train it again with this declnet",
        )
    return {key: value for key, value in content.items() if key != "format"}


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
