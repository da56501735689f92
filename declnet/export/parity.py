"""Hold a model, in a fresh session of its bytes, against the run that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx

from declnet.data import Rows
from declnet.runtime import open_runtime
from declnet.spec import Spec

ROWS = 512
SINGLE_ROWS = 8
# Two probabilities that are closer than this may change places by rounding.
TIE = 1e-5

Predict = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


def compare(
    spec: Spec, predict: Predict, model: onnx.ModelProto, rows: Rows, threads: int | None = None
) -> dict[str, Any]:
    """How far *model*, in ONNX Runtime, is from *predict* on the first of *rows*: all at once, then one at a time.

    Returns:
        ``rows``, ``batch_sizes``, and for each of ``outputs`` the worst ``absolute`` and ``relative`` difference
        (relative to 1 for values below 1), or how many elements are ``unequal`` where they are no floats.
    """
    session = open_runtime(threads=threads).session(model)
    first = rows.take(np.arange(min(len(rows), ROWS)))
    columns = {name: np.ascontiguousarray(first[name], given.dtype) for name, given in spec.inputs.items()}
    count = len(next(iter(columns.values())))
    outputs: dict[str, dict[str, float]] = {}
    for part in [slice(None), *(slice(row, row + 1) for row in range(min(count, SINGLE_ROWS)))]:
        batch = {name: column[part] for name, column in columns.items()}
        expected, found = predict(batch), session.run(batch)
        for name in expected:
            certain = _certain(expected.get(f"{name}_probability"))
            worst, here = outputs.get(name, {}), difference(expected[name], found[name], certain)
            outputs[name] = {key: max(worst.get(key, 0), value) for key, value in here.items()}
    return {"rows": count, "batch_sizes": sorted({1, count}), "outputs": outputs}


def _certain(probability: np.ndarray | None) -> np.ndarray | bool:
    """Where a class does not hang on the last digits of its probability: those of two classes differ by more."""
    if probability is None:
        return True
    if probability.ndim == 1:
        return np.abs(probability - 0.5) > TIE
    first, second = np.moveaxis(np.sort(probability, axis=1), 1, 0)[[-1, -2]]
    return first - second > TIE


def difference(expected: np.ndarray, found: np.ndarray, certain: np.ndarray | bool = True) -> dict[str, float]:
    """Greatest absolute and relative difference of floats; of everything else the number of unequal elements.

    Those count only where they are *certain*.
    """
    if expected.shape != found.shape:
        return {"unequal": max(expected.size, found.size)}
    if expected.dtype.kind != "f":
        return {"unequal": int(np.count_nonzero((expected.astype(str) != found.astype(str)) & certain))}
    finite = np.isfinite(expected)
    if not np.array_equal(expected[~finite], found[~finite], equal_nan=True):
        return {"absolute": float("inf"), "relative": float("inf")}
    expected, found = expected[finite].astype("float64"), found[finite].astype("float64")
    absolute = np.abs(expected - found)
    relative = absolute / np.maximum(np.abs(expected), 1.0)
    return {"absolute": float(absolute.max(initial=0.0)), "relative": float(relative.max(initial=0.0))}


def excess(differences: Mapping[str, float]) -> float:
    """The figure that the tolerance is for."""
    return differences.get("unequal", 0) or differences.get("relative", 0.0)


def random_rows(spec: Spec, rows: int = 32) -> dict[str, np.ndarray]:
    """Rows for a model whose data are not at hand: seeded normal numbers, and the integers 0 and 1.

    An axis whose size is unknown gets 16.
    """
    random = np.random.default_rng(0)
    columns = {}
    for name, given in spec.inputs.items():
        shape = (rows, *(16 if isinstance(size, str) else size for size in given.shape))
        values = random.standard_normal(shape) if given.dtype == "float32" else random.integers(0, 2, shape)
        columns[name] = values.astype(given.dtype)
    return columns
