"""The handwritten digits that come with scikit-learn: nothing is downloaded."""

from pathlib import Path

import numpy as np

from declnet import Table, source


@source("digits.schema.json")
def digits(folder: Path, *, size: int) -> Table:
    """1797 handwritten digits: image (1, size, size) from 0 to 1, label 0 to 9.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (its test part).
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    images = _resize(data.images / 16, size)
    return Table({"image": images[:, np.newaxis].astype(np.float32), "label": data.target.astype(np.int64)})


def _resize(images: np.ndarray, size: int) -> np.ndarray:
    """Resize square *images* (rows, n, n) by bilinear interpolation between pixel centres."""
    n = images.shape[-1]
    if size == n:
        return images
    centres = (np.arange(size) + 0.5) * n / size - 0.5
    weights = np.stack([np.interp(centres, np.arange(n), unit) for unit in np.eye(n)], axis=1)
    return weights @ images @ weights.T
