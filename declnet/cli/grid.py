"""Pictures side by side in one file."""

import io
import math

import numpy as np

from declnet.errors import RunError

GAP, WHITE = 2, 255


def png_grid(images: np.ndarray, columns: int | None = None) -> bytes:
    """A PNG file of images (N, 1 or 3, height, width), floats from 0 to 1 or bytes, row by row.

    Raises:
        RunError: these are no images.
    """
    from PIL import Image

    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise RunError(
            "a sample is no picture",
            found=f"shape {tuple(images.shape[1:])}",
            allowed="(1, height, width), or (3, height, width) in colour",
            hint="write a file .npz, .json or .csv instead",
        )
    if images.dtype != np.uint8:
        images = np.rint(images.clip(0, 1) * 255).astype(np.uint8)
    count, channels, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    page = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels), WHITE, np.uint8)
    for k, image in enumerate(images):
        top, left = GAP + k // columns * (height + GAP), GAP + k % columns * (width + GAP)
        page[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(page[..., 0] if channels == 1 else page).save(file, "PNG")
    return file.getvalue()
