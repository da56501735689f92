"""Write a model to an ONNX file, at once or not at all."""

import os
import tempfile
from pathlib import Path

import onnx_ir
from onnx import ModelProto

from declnet import RunError, exporter

# Protobuf refuses messages from 2 GiB on; what is left below it is room for the nodes and the metadata.
INLINE_LIMIT = 2**31 - 2**27


@exporter("onnx.schema.json")
def onnx(model: ModelProto, path: Path, *, external_data: str) -> None:
    """Write an ONNX file; weights go into a second file, PATH.data, where one file cannot hold them.

    The files are written in a folder beside *path*, brought to the disk and then renamed, so that a full disk or a
    killed process leaves what was there before.

    Raises:
        RunError: the weights do not fit into one file and external_data is "never", or the files cannot be written.
    """
    path = Path(path)
    size = _weight_bytes(model)
    if external_data == "never" and size > INLINE_LIMIT:
        raise RunError(
            "the model does not fit into one ONNX file",
            found=f"{size:,} bytes of weights",
            allowed=f"at most {INLINE_LIMIT:,} bytes",
            hint='set external_data to "auto": the weights then go into a second file',
        )
    external = external_data == "always" or size > INLINE_LIMIT
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            draft = Path(folder, path.name)
            if external:
                data = f"{path.name}.data"
                onnx_ir.save(onnx_ir.from_proto(model), draft, format="protobuf", external_data=data)
            else:
                draft.write_bytes(model.SerializeToString(deterministic=True))
            written = sorted(Path(folder).iterdir(), key=lambda file: file == draft)
            for file in written:
                _flush(file)
            for file in written:  # the model comes last: it names the data
                os.replace(file, path.with_name(file.name))
            if os.name == "posix":
                _flush(path.parent)
    except OSError as error:
        raise RunError(
            f"the model cannot be written to {path}: {error.strerror or error}",
            hint="nothing that was there has changed; choose another path, or make room",
        ) from error


def _weight_bytes(model: ModelProto) -> int:
    graph = onnx_ir.from_proto(model).graph
    return sum(value.const_value.nbytes for value in graph.initializers.values() if value.const_value is not None)


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
