"""Evaluate and predict: the inference graphs of a program, run batch by batch with given weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from declnet.data import Rows, conform
from declnet.program import Program
from declnet.runtime import Runtime, Session, Tensor

ROWS = 512

Weights = Mapping[str, np.ndarray | Tensor]


class Evaluator:
    """The graphs of *program* that do not train, ready to run on *runtime*.

    Weights are handed to each call, as tensors of the runtime or arrays, so that training can have the parameters
    evaluated where they are.

    Raises:
        SpecError: the spec does not lower.
    """

    def __init__(self, program: Program, runtime: Runtime):
        self._program, self._runtime = program, runtime

    def evaluate(self, weights: Weights, data: Rows | Mapping[str, np.ndarray]) -> dict[str, float]:
        """The mean losses over the rows of *data*, and every metric of the spec.

        Raises:
            DataError: a column is missing, or does not fit.
        """
        program, session = self._program, self._measuring
        rows = conform(data, [*program.features, *program.targets], "data to evaluate")
        metrics = program.spec.training.metrics if program.spec.training else ()
        losses = [name for name in session.outputs if name == "loss" or name.startswith("loss/")]
        raw: dict[str, list[np.ndarray]] = {metric.source: [] for metric in metrics}
        read: dict[str, list[np.ndarray]] = {metric.target: [] for metric in metrics}
        totals = dict.fromkeys(losses, 0.0)
        for chunk, results in _batches(session, weights, rows, [*losses, *raw]):
            count = len(next(iter(chunk.values())))
            for name in losses:
                totals[name] += float(results[name].reshape(())) * count
            for parts, given in ((raw, results), (read, chunk)):
                for name, held in parts.items():
                    held.append(np.array(given[name]))
        values = {name: total / len(rows) for name, total in totals.items()}
        components = program.plugins.components("metric")
        for metric in metrics:
            predicted, target = np.concatenate(raw[metric.source]), np.concatenate(read[metric.target])
            values[metric.figure] = float(components[metric.type](predicted, target, **metric.properties))
        return values

    def predict(self, weights: Weights, features: Rows | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The declared outputs for the rows of *features*.

        Raises:
            DataError: a feature is missing, or does not fit.
        """
        rows = conform(features, self._program.features, "data to predict")
        return predict(self._predicting, rows, weights)

    @cached_property
    def _measuring(self) -> Session:
        return self._runtime.session(self._program.forward)

    @cached_property
    def _predicting(self) -> Session:
        return self._runtime.session(self._program.predictor)


def predict(session: Session, rows: Rows, weights: Weights | None = None) -> dict[str, np.ndarray]:
    """The outputs of *session* for all *rows*, so many at a time."""
    parts = [results for _, results in _batches(session, weights or {}, rows, session.outputs)]
    return {name: np.concatenate([part[name] for part in parts]) for name in session.outputs}


def _batches(
    session: Session, weights: Weights, rows: Rows, wanted: Sequence[str]
) -> Iterator[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Run *session* over *rows*; yield the columns and the outputs of each batch."""
    for chunk in rows.chunks(ROWS):
        yield chunk, session.run({**weights, **chunk}, wanted)
