"""Fit the statistics that layers declare (means, extremes) on the training split, before the first step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from declnet.data import Rows
from declnet.program import Program
from declnet.runtime import Runtime, Session


def fit(program: Program, held: Mapping[str, np.ndarray], rows: Rows, runtime: Runtime) -> dict[str, np.ndarray]:
    """The statistics of *program* by name, in float32, computed in float64 over *rows*.

    A statistic may depend on statistics of layers before it; those are fitted first.

    Args:
        held: the initial parameters and states.
    """
    fitted: dict[str, np.ndarray] = {}
    for name, statistic in program.statistics.items():
        session = runtime.session(program.fitted(name))
        value = _REDUCTIONS[statistic.kind](_reader(session, {**held, **fitted}, rows), statistic.axes)
        fitted[name] = np.asarray(value.reshape(statistic.shape), "float32", order="C")
    return fitted


Values = Callable[[], Iterator[np.ndarray]]


def _reader(session: Session, held: Mapping[str, np.ndarray], rows: Rows) -> Values:
    """What gives, each time it is called, the value of all rows in float64, chunk by chunk."""

    def values() -> Iterator[np.ndarray]:
        for chunk in rows.chunks():
            batch = {name: np.ascontiguousarray(column) for name, column in chunk.items()}
            yield session.run({**held, **batch})["fitted value"].astype("float64")

    return values


def _mean(values, axes):
    total = count = 0
    for value in values():
        total = total + value.sum(axis=axes, keepdims=True)
        count += np.prod([value.shape[axis] for axis in axes])
    return total / count


def _standard_deviation(values, axes):
    mean = _mean(values, axes)
    return np.sqrt(_mean(lambda: ((value - mean) ** 2 for value in values()), axes))


def _extreme(pick):
    def reduce(values, axes):
        parts = [pick(value, axis=axes, keepdims=True) for value in values()]
        return pick(np.stack(parts), axis=0)

    return reduce


_REDUCTIONS = {
    "mean": _mean,
    "standard_deviation": _standard_deviation,
    "minimum": _extreme(np.min),
    "maximum": _extreme(np.max),
}
