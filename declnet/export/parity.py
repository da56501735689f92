"""Hold a model, in a fresh session of its bytes, against the run that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx

from declnet import backend
from declnet.spec import Spec

ROWS = 512
SINGLE_ROWS = 8

Predict = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


def compare(spec: Spec, predict: Predict, model: onnx.ModelProto, columns: Mapping[str, np.ndarray]) -> dict:
    """How far *model* is from *predict* on the first rows of *columns*: all of them at once, then one at a time.

    Returns:
        ``rows``, ``batch_sizes``, and for each of ``outputs`` the worst ``absolute`` and ``relative`` difference
        (relative to 1 for values below 1), or how many elements are ``unequal`` where they are no floats.
    """
    session = backend.session(model.SerializeToString(), backend.device("cpu"))
    types = {name: given.dtype for name, given in spec.inputs.items()}
    columns = {name: np.ascontiguousarray(columns[name][:ROWS], dtype) for name, dtype in types.items()}
    rows = len(next(iter(columns.values())))
    outputs: dict[str, dict[str, float]] = {}
    for part in [slice(None), *(slice(row, row + 1) for row in range(min(rows, SINGLE_ROWS)))]:
        batch = {name: column[part] for name, column in columns.items()}
        expected, found = predict(batch), backend.run(session, batch)
        for name in expected:
            worst, here = outputs.get(name, {}), difference(expected[name], found[name])
            outputs[name] = {key: max(worst.get(key, 0), value) for key, value in here.items()}
    return {"rows": rows, "batch_sizes": sorted({1, rows}), "outputs": outputs}


def difference(expected: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Greatest absolute and relative difference of floats; the number of unequal elements of everything else."""
    if expected.shape != found.shape:
        return {"unequal": max(expected.size, found.size)}
    if expected.dtype.kind != "f":
        return {"unequal": int(np.count_nonzero(expected.astype(str) != found.astype(str)))}
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
    """Rows for a model whose data are not at hand: seeded normal numbers, and the integers 0 and 1."""
    random = np.random.default_rng(0)
    columns = {}
    for name, given in spec.inputs.items():
        shape = (rows, *given.shape)
        values = random.standard_normal(shape) if given.dtype == "float32" else random.integers(0, 2, shape)
        columns[name] = values.astype(given.dtype)
    return columns
