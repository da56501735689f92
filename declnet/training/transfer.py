"""Begin with the weights of another model: a run, a safetensors file, or an ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from declnet.errors import RunError
from declnet.training import checkpoint
from declnet.training.folder import RunFolder


def transfer(values: dict[str, np.ndarray], path: Path, *, strict: bool) -> list[str]:
    """Replace tensors of *values* by those of the same name and shape in *path*; return their names.

    Args:
        strict: refuse where a tensor of *values* is not found, or has another shape; else it keeps its initial value.

    Raises:
        RunError: the file cannot be read; nothing in it fits; or, with *strict*, something does not.
    """
    found = _load(path)
    fitting = [name for name, value in values.items() if name in found and found[name].shape == value.shape]
    misfits = [
        f"{name!r} {value.shape}" + (f", there {found[name].shape}" if name in found else "")
        for name, value in values.items()
        if name not in fitting
    ]
    if not fitting or (strict and misfits):
        raise RunError(
            f"{path} does not hold the weights of this spec",
            code="DN5002",
            found="; ".join(misfits[:5]) + (" …" if len(misfits) > 5 else ""),
            hint="name the layers as they are named there, or set training.initialize_from.strict to false",
        )
    for name in fitting:
        values[name] = np.asarray(found[name], "float32", order="C")
    return fitting


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        if path.is_dir():
            return dict(RunFolder.open(path).kept().tensors)
        if path.suffix == ".onnx":
            graph = onnx.load(path).graph
            return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
        return dict(checkpoint.read(path, foreign=True).tensors)
    except (OSError, ValueError, DecodeError) as error:
        raise RunError(f"{path} cannot be read: {error}", code="DN5002") from None
