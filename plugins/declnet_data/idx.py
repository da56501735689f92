"""The files of the MNIST family (MNIST, Fashion-MNIST, KMNIST, EMNIST)."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from declnet import DataError, Table, source


@source("idx.schema.json")
def idx(
    folder: Path, *, path: str, images: str, labels: str, test_images: str, test_labels: str, scaled: bool,
    rows: int | None,
) -> Table:  # fmt: skip
    """Images and labels in the IDX format: image (1, height, width), label int64.

    Source: the file format at the end of Y. LeCun, C. Cortes and C. Burges, "The MNIST database".

    Raises:
        DataError: a file is missing, truncated or not IDX, or images and labels differ in number.
    """
    place = folder / path
    has_test = _find(place, test_images) or _find(place, test_labels)
    train = _pair(place, images, labels, scaled, rows)
    return Table(train, test=_pair(place, test_images, test_labels, scaled) if has_test else None)


def _pair(place: Path, images: str, labels: str, scaled: bool, rows: int | None = None) -> dict[str, np.ndarray]:
    """The columns image and label of two files, the first *rows* of them."""
    image, label = _read(place, images, 3), _read(place, labels, 1)
    if len(image) != len(label):
        raise DataError(
            "the files of images and labels differ in number",
            file=str(place),
            found=f"{len(image)} images in {images}, {len(label)} labels in {labels}",
            allowed="one label for each image",
            hint="fetch both files from the same release",
        )
    image = image[:rows, np.newaxis]
    return {"image": image / np.float32(255) if scaled else image, "label": label[:rows].astype(np.int64)}


def _find(place: Path, name: str) -> Path | None:
    """The path of the file, compressed or not, or None."""
    return next((file for file in (place / name, place / f"{name}.gz") if file.is_file()), None)


def _read(place: Path, name: str, axes: int) -> np.ndarray:
    """Read an array of bytes with so many *axes*."""
    file = _find(place, name)
    if file is None:
        raise DataError(
            f"there is no file {name} or {name}.gz",
            file=str(place),
            found="a folder without it" if place.is_dir() else "no such folder",
            allowed="the folder of the files",
            hint="check path, and the files' names, in the data source",
        )
    try:
        content = file.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(file, str(error), "a whole file, plain or compressed by gzip") from None
    magic = bytes([0, 0, 8, axes])
    if content[:4] != magic:
        raise _damaged(file, f"magic number 0x{content[:4].hex()}", f"0x{magic.hex()}: unsigned bytes, {axes} axes")
    start = 4 + 4 * axes
    shape = tuple(int(n) for n in np.frombuffer(content[4:start].ljust(4 * axes, b"\0"), ">u4"))
    if len(content) - start != math.prod(shape):
        raise _damaged(file, f"{len(content)} bytes", f"{start + math.prod(shape)} bytes for the shape {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _damaged(file: Path, found: str, allowed: str) -> DataError:
    hint = "fetch the file again"
    return DataError("the IDX file is damaged", file=str(file), found=found, allowed=allowed, hint=hint)
