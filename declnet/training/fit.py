"""Fit the statistics that layers declare (means, extremes) on the training split, before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from declnet import backend
from declnet.graph import prune, prune_inputs, to_model, verify
from declnet.lowering import REDUCTIONS, lower_layers
from declnet.plugins import Plugins
from declnet.spec import Spec

_ROWS = 1024


def fit(spec: Spec, plugins: Plugins, held: Mapping[str, np.ndarray], columns: Mapping[str, np.ndarray]):
    """The statistics of *spec* by name, in float32, computed in float64 over the rows of *columns*.

    A statistic may depend on statistics of layers before it; those are fitted first.

    Args:
        held: the initial parameters and states.
    """
    fitted: dict[str, np.ndarray] = {}
    names = list(lower_layers(spec, training=False, plugins=plugins).tensors.statistics)
    for name in names:
        lowered = lower_layers(spec, training=False, plugins=plugins)
        statistic = lowered.tensors.statistics[name]
        lowered.graph.output(statistic.value, "fitted value")
        model = to_model(prune_inputs(verify(prune(lowered.graph), "lowering")))
        session = backend.session(model.SerializeToString(), backend.device("cpu"))
        feed = {**held, **fitted}
        reduce = REDUCTIONS[statistic.kind].reduce
        value = reduce(lambda session=session, feed=feed: _values(session, feed, columns), statistic.axes)
        fitted[name] = np.asarray(value.reshape(statistic.shape), "float32", order="C")
    return fitted


def _values(session, held, columns) -> Iterator[np.ndarray]:
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, _ROWS):
        batch = {name: np.ascontiguousarray(column[start : start + _ROWS]) for name, column in columns.items()}
        yield backend.run(session, {**held, **batch})["fitted value"].astype("float64")
