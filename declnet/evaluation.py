"""Evaluate and predict: the inference lowering, run batch by batch with given weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
import onnxruntime

from declnet import backend, passes
from declnet.data import Column, conform
from declnet.errors import DataError, SpecError
from declnet.graph import prune, prune_inputs, to_model, verify
from declnet.lowering import add_outputs, lower, lower_layers
from declnet.plugins import Plugins, installed
from declnet.spec import Spec
from declnet.target import STANDARD

ROWS = 512


class Evaluator:
    """The forward graphs of a spec, ready to run.

    Weights are handed to each call, as OrtValues or arrays, so that training can have the parameters evaluated
    where they are.

    Raises:
        SpecError: the spec does not lower.
    """

    def __init__(self, spec: Spec, *, device: str = "cpu", plugins: Plugins | None = None):
        self.spec = spec
        self._plugins = plugins or installed()
        self._device = backend.device(device)
        self._metrics = spec.training["metrics"] if spec.training else []
        self.forward, columns = forward_model(spec, self._plugins)
        self.features: list[Column] = columns["features"]
        self.targets: list[Column] = columns["targets"]
        self._session = backend.session(self.forward.SerializeToString(), self._device)
        self._predictor = None

    def evaluate(self, weights: Mapping, columns: Mapping[str, np.ndarray]) -> dict[str, float]:
        """The mean losses over the rows of *columns*, and every metric of the spec.

        Raises:
            DataError: a column is missing, or does not fit.
        """
        columns = conform(columns, [*self.features, *self.targets], "data to evaluate")
        losses = [name for name in self._output_names() if name == "loss" or name.startswith("loss/")]
        raw = {name: [] for name in self._output_names() if name in self._raw()}
        totals, rows = dict.fromkeys(losses, 0.0), 0
        for batch, results in self._batches(self._session, weights, columns, [*losses, *raw]):
            for name in losses:
                totals[name] += float(results[name].reshape(())) * batch
            rows += batch
            for name, parts in raw.items():
                parts.append(results[name])
        values = {name: total / rows for name, total in totals.items()}
        components = self._plugins.components("metric")
        for metric in self._metrics:
            component = components[metric["type"]]
            given = {key: value for key, value in metric.items() if key in component.properties}
            predicted, target = np.concatenate(raw[metric["from"]]), columns[metric["target"]]
            values[metric.get("name") or metric["type"]] = float(component(predicted, target, **given))
        return values

    def predict(self, weights: Mapping, features: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The declared outputs for the rows of *features*.

        Raises:
            DataError: a feature is missing, or does not fit.
        """
        if self._predictor is None:
            lowered = lower_layers(self.spec, training=False, plugins=self._plugins)
            add_outputs(lowered)
            passes.run(lowered.graph, STANDARD, lowered.plugins.passes)
            model = to_model(prune_inputs(verify(prune(lowered.graph), "lowering")))
            self._predictor = backend.session(model.SerializeToString(), self._device)
        columns = conform(features, self.features, "data to predict")
        names = [output.name for output in self._predictor.get_outputs()]
        parts = [results for _, results in self._batches(self._predictor, weights, columns, names)]
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def _raw(self) -> set[str]:
        return {metric["from"] for metric in self._metrics}

    def _output_names(self) -> list[str]:
        return [output.name for output in self._session.get_outputs()]

    def _batches(self, session, weights, columns, wanted) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Run *session* over the rows of *columns*; yield the number of rows and the outputs of each batch."""
        binding = session.io_binding()
        names = [given.name for given in session.get_inputs()]
        for name in names:
            if name not in columns:
                value = weights[name]
                held = value if isinstance(value, onnxruntime.OrtValue) else self._device.put(value)
                binding.bind_ortvalue_input(name, held)
        rows = len(next(iter(columns.values())))
        for start in range(0, rows, ROWS):
            stop = min(start + ROWS, rows)
            for name in names:
                if name in columns:
                    binding.bind_cpu_input(name, np.ascontiguousarray(columns[name][start:stop]))
            for name in wanted:
                binding.bind_output(name, "cpu")
            session.run_with_iobinding(binding)
            # copy_outputs_to_cpu crashes for texts (onnxruntime 1.19 and 1.31).
            yield stop - start, dict(zip(wanted, [value.numpy() for value in binding.get_outputs()]))


def forward_model(spec: Spec, plugins: Plugins | None = None) -> tuple[onnx.ModelProto, dict[str, list[Column]]]:
    """Features, targets, parameters and states -> the values that outputs and metrics read, and the loss.

    Returns the model, and the columns that it needs: "features" and "targets".

    Raises:
        SpecError: the spec does not lower.
    """
    lowered = lower(spec, training=False, plugins=plugins)
    if lowered.diagnostics:
        raise SpecError(lowered.diagnostics)
    graph, tensors = lowered.graph, lowered.tensors
    metrics = spec.training["metrics"] if spec.training else []
    references = dict.fromkeys([out["from"] for out in spec.outputs.values()] + [metric["from"] for metric in metrics])
    for reference in references:
        graph.output(lowered.results[reference], reference)
    for name, loss in lowered.reported.items():
        graph.output(loss, name)
    passes.run(graph, STANDARD, lowered.plugins.passes)
    model = to_model(prune_inputs(verify(prune(graph), "lowering")))
    _check_metrics(spec, metrics, tensors)
    return model, {"features": list(tensors.features.values()), "targets": list(tensors.targets.values())}


def _check_metrics(spec: Spec, metrics, tensors) -> None:
    known = {**tensors.features, **tensors.targets}
    wrong = [metric for metric in metrics if metric["target"] not in known]
    if wrong:
        raise DataError(
            f"metric {wrong[0]['type']!r} reads target {wrong[0]['target']!r}, which no loss declares",
            allowed=", ".join(known),
        )
