"""The order of an epoch and its batches, as a function of seed and epoch alone.

The order sorts the rows by the first 64-bit words, one a row, of the counter-based generator Philox4x64-10 (Salmon
and others, "Parallel random numbers: as easy as 1, 2, 3", 2011) with the key (seed, epoch) and numpy's counter,
which counts from 1; equal words keep the rows' order. numpy promises this stream for all versions, which it does
not for its shuffles, so that a run resumes exactly, in the middle of an epoch and with another numpy, too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def order(rows: int, *, seed: int, epoch: int) -> np.ndarray:
    """The permutation of the row numbers for an epoch, int64. *seed* and *epoch* are below 2**64."""
    key = np.array([seed, epoch], dtype=np.uint64)
    return np.argsort(np.random.Philox(key=key).random_raw(rows), kind="stable").astype(np.int64, copy=False)


def batches(rows: int, batch_size: int, *, seed: int, epoch: int, start: int = 0) -> Iterator[np.ndarray]:
    """Yield the row numbers of each batch of an epoch, from batch *start* on; the last may be smaller."""
    permutation = order(rows, seed=seed, epoch=epoch)
    for first in range(start * batch_size, rows, batch_size):
        yield permutation[first : first + batch_size]
