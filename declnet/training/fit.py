"""Fit the statistics that layers declare (means, extremes) on the training split, before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from declnet.data import Rows
from declnet.lowering import REDUCTIONS
from declnet.lowering.statistics import Parts
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
        reduce = REDUCTIONS[statistic.kind].reduce
        value = reduce(_parts(session, {**held, **fitted}, rows), statistic.axes)
        fitted[name] = np.asarray(value.reshape(statistic.shape), "float32", order="C")
    return fitted


def _parts(session: Session, held: Mapping[str, np.ndarray], rows: Rows) -> Parts:
    """What gives, each time it is called, the value of all rows in float64, chunk by chunk."""

    def parts() -> Iterator[np.ndarray]:
        for chunk in rows.chunks():
            yield session.run({**held, **chunk})["fitted value"].astype("float64")

    return parts
