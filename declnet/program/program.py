"""A Program is what is trained: the graphs of one spec for one target, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import onnx

from declnet import lowering, passes
from declnet.data import Column
from declnet.errors import DeclnetError, Diagnostic, SpecError
from declnet.initializers import initial
from declnet.lowering import Lowered, Tensors, add_outputs, lower_layers, lower_objective
from declnet.plugins import Plugins, installed
from declnet.program.finishing import finished_model
from declnet.program.served import served_model
from declnet.program.step import Half, Step, build_half, build_step
from declnet.spec import Spec, Training
from declnet.summary import Summary, summarise
from declnet.target import STANDARD, Target


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled spec.

    A program holds no trained weights and no data, so that one serves many runs: folds, trials, workers. The spec is
    lowered once for training and once for all that does not train. A pickled program is its spec and target: another
    process makes the graphs again, and the same.

    ``forward``: features, targets, parameters -> values and losses. ``gradient``, ``update`` and ``step``: see
    declnet/program/step.py; None for a spec without "training". With several objectives ``gradient`` and ``update`` are
    None, too: each has its own pair in ``halves``. ``inference``: what an export looks like, with the initial weights.
    """

    spec: Spec
    target: Target = STANDARD
    plugins: Plugins = field(default_factory=installed, repr=False)

    def __reduce__(self) -> tuple[type[Program], tuple[Spec, Target, Plugins]]:
        return Program, (self.spec, self.target, self.plugins)

    # --- what may be wrong -----------------------------------------------------------------------------------

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong, or looks wrong, with the spec, in the order of the file.

        Each graph is made once, for the mistakes that only that shows.
        """
        found = [*self.spec.diagnostics, *self._step.diagnostics]
        found += lowering.doubtful_objectives(self._step.lowered)
        if not any(diagnostic.severity == "error" for diagnostic in found):
            found += self._inference_diagnostics()
        return tuple(sorted(found, key=lambda each: (each.file or "", each.line or 0, each.column or 0)))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Those of ``diagnostics`` that make the spec unusable."""
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error")

    # --- what is trained -------------------------------------------------------------------------------------

    @cached_property
    def step(self) -> onnx.ModelProto | None:
        """A whole step of training."""
        return self._step.model() if self.spec.training else None

    @cached_property
    def halves(self) -> tuple[Half, ...]:
        """The gradient and the update of each objective, in the order of a step."""
        return tuple(build_half(self._trained.copy(), each, self.target) for each in self.spec.objectives)

    @property
    def gradient(self) -> onnx.ModelProto | None:
        """The gradient graph of the only objective."""
        return self.halves[0].gradient if len(self.spec.objectives) == 1 else None

    @property
    def update(self) -> onnx.ModelProto | None:
        """The update graph of the only objective."""
        return self.halves[0].update if len(self.spec.objectives) == 1 else None

    @property
    def tensors(self) -> Tensors:
        """Parameters, states, statistics and columns of the training graph."""
        return self._step.lowered.tensors

    @property
    def slots(self) -> Mapping[str, lowering.State]:
        """The states of the optimizers."""
        return self._step.slots

    @cached_property
    def carried(self) -> tuple[str, ...]:
        """The inputs of the step graph whose new values it gives: with weights that do not train, a checkpoint."""
        outputs = {value.name for value in self._graph.output}
        return tuple(value.name for value in self._graph.input if f"{value.name}_next" in outputs)

    @cached_property
    def totals(self) -> Mapping[str, str]:
        """Those of them that sum up a loss times rows, "loss_total", "loss_total/NAME", each with the loss's name."""
        totals = (name for name in self.carried if name.split("/")[0] == "loss_total")
        return {name: name.replace("loss_total", "loss", 1) for name in totals}

    @cached_property
    def losses(self) -> tuple[str, ...]:
        """The losses that a step gives: "loss", and "loss/NAME" where they are several."""
        return tuple(value.name for value in self._graph.output if not value.name.endswith("_next"))

    # --- what does not train ---------------------------------------------------------------------------------

    @property
    def forward(self) -> onnx.ModelProto:
        """The values that outputs and metrics read, and the losses."""
        return self._forward[0]

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns of the inputs, and what layers and losses require of them."""
        return tuple(self._forward[1].features.values())

    @property
    def targets(self) -> tuple[Column, ...]:
        """The columns that only losses and metrics read."""
        return tuple(self._forward[1].targets.values())

    @cached_property
    def predictor(self) -> onnx.ModelProto:
        """The declared outputs, with the weights as inputs."""
        lowered = self._layers.copy()
        add_outputs(lowered)
        return self._model(lowered)

    @cached_property
    def inference(self) -> onnx.ModelProto:
        return self.served(self.initial_weights())

    def served(self, weights: Mapping[str, np.ndarray], metadata: Mapping[str, Any] | None = None) -> onnx.ModelProto:
        """The model that serves the spec, with *weights* inside.

        Args:
            metadata: JSON values by name, for the file to tell.

        Raises:
            RunError: a weight is missing, or has another shape.
        """
        return served_model(self._layers.copy(), weights, metadata)

    def fitted(self, statistic: str) -> onnx.ModelProto:
        """The value "fitted value" over which *statistic* is computed, from the features."""
        lowered = self._layers.copy()
        lowered.graph.output(lowered.tensors.statistics[statistic].value, "fitted value")
        return self._model(lowered)

    @property
    def statistics(self) -> Mapping[str, lowering.Statistic]:
        """What is fitted on the training rows before the first step."""
        return self._layers.tensors.statistics

    def initial_weights(self) -> dict[str, np.ndarray]:
        """The weights before the first step; statistics that are fitted on data are those of standardised data."""
        tensors = self._layers.tensors
        statistics = tensors.statistics.values()
        fitted = {s.name: np.full(s.shape, lowering.REDUCTIONS[s.kind].neutral, "float32") for s in statistics}
        return initial(tensors, seed=self._seed, plugins=self.plugins) | fitted

    def summary(self) -> Summary:
        """Shapes, parameters, operations and memory, layer by layer."""
        return summarise(self._layers.copy())

    # --- each lowering once ----------------------------------------------------------------------------------

    @cached_property
    def _trained(self) -> Lowered:
        """The layers as they are when they train, with their mistakes; the step and its halves are made of copies."""
        return lower_layers(self.spec, training=True, plugins=self.plugins, target=self.target)

    @cached_property
    def _step(self) -> Step:
        return build_step(self._trained.copy(), self.target)

    @cached_property
    def _layers(self) -> Lowered:
        """The layers as they are when they do not train; what is made of them is made of copies."""
        lowered = lower_layers(self.spec, training=False, plugins=self.plugins, target=self.target)
        if self.spec.errors or lowered.diagnostics:
            raise SpecError([*self.spec.errors, *lowered.diagnostics])
        return lowered

    @cached_property
    def _forward(self) -> tuple[onnx.ModelProto, Tensors]:
        lowered, spec = self._layers.copy(), self.spec
        for objective in spec.objectives:
            lower_objective(lowered, objective)
        known = {**lowered.tensors.features, **lowered.tensors.targets}
        lowered.diagnostics += _unknown_targets(spec, list(known))
        lowered.diagnostics += _unknown_figure(spec, lowered.reported)
        if lowered.diagnostics:
            raise SpecError(lowered.diagnostics)
        metrics = spec.training.metrics if spec.training else ()
        sources = [output.source for output in spec.outputs.values()] + [metric.source for metric in metrics]
        for reference in dict.fromkeys(sources):
            lowered.graph.output(lowered.results[reference], reference)
        for name, loss in lowered.reported.items():
            lowered.graph.output(loss, name)
        return self._model(lowered), lowered.tensors

    def _model(self, lowered: Lowered) -> onnx.ModelProto:
        passes.run(lowered.graph, self.target, self.plugins.passes)
        return finished_model(lowered.graph, "lowering", self.target, self.plugins)

    @property
    def training(self) -> Training:
        """What the spec says of training; for a spec that does."""
        assert self.spec.training is not None, "a spec without training cannot be trained"
        return self.spec.training

    @property
    def _graph(self) -> onnx.GraphProto:
        assert self.step is not None, "a spec without training has no step"
        return self.step.graph

    @property
    def _seed(self) -> int:
        return self.spec.training.seed if self.spec.training else 0

    def _inference_diagnostics(self) -> list[Diagnostic]:
        """What only the graphs that do not train, and the initializers, have against the spec."""
        try:
            layers = self._layers
        except SpecError as error:
            return list(error.diagnostics)
        found: list[Diagnostic] = []
        for build in (lambda: self._forward, lambda: self.predictor):
            try:
                build()
            except SpecError as error:
                found += error.diagnostics
        return found or _refused_initializers(layers, self.tensors)


def _unknown_targets(spec: Spec, known: list[str]) -> Iterator[Diagnostic]:
    """The metrics whose target is no column that an input or a loss declares."""
    for k, metric in enumerate(spec.training.metrics if spec.training else ()):
        if metric.target not in known:
            message = f"metric {metric.type!r} reads target {metric.target!r}, which no loss declares"
            mistake = Diagnostic.unknown("DN1301", message, metric.target, known)
            yield spec.place(mistake, f"/training/metrics/{k}/target")


def _unknown_figure(spec: Spec, losses: Collection[str]) -> Iterator[Diagnostic]:
    """What early stopping monitors, where no record of an epoch will hold it."""
    training = spec.training
    if training and training.early_stopping:
        figure, metrics = training.early_stopping.monitor, [metric.figure for metric in training.metrics]
        known = [*losses, *(f"validation_{name}" for name in (*losses, *metrics))]
        if losses and figure not in known:
            message = f"early stopping monitors {figure!r}, which is no figure"
            mistake = Diagnostic.unknown("DN1104", message, figure, known)
            yield spec.place(mistake, "/training/early_stopping/monitor")


def _refused_initializers(lowered: Lowered, tensors: Tensors) -> list[Diagnostic]:
    """Call each initializer of *tensors* on a small tensor of the right rank: it refuses by rank or by property."""
    found = []
    for name, parameter in tensors.parameters.items():
        small = replace(parameter, shape=tuple(min(dim, 3) for dim in parameter.shape))
        try:
            initial(Tensors(lowered.graph, parameters={name: small}), seed=0, plugins=lowered.plugins)
        except DeclnetError as error:
            found.append(lowering.explain_weight(lowered.spec, error, "initializer", parameter))
    return found
