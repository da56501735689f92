"""The graphs that training runs: gradient, update, and the two in one, the step.

    gradient   features, targets, parameters, states, (seed, step)   -> loss, <parameter>_grad, <state>_next
    update     parameters, <parameter>_grad, slots, step             -> <parameter>_next, <slot>_next, step_next
    step       everything above                                      -> loss, <..>_next

Every name that ends in ``_next`` is the new value of the input of that name without it: a runner in any language
feeds the outputs back and needs to know nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from declnet import passes
from declnet.autodiff import differentiate
from declnet.data import Column
from declnet.errors import SpecError
from declnet.graph import Graph, Value, prune, prune_inputs, to_model, verify
from declnet.lowering import Lowered, Parameter, State, Statistic, Tensors, lower_layers, lower_objective, repeat_layers
from declnet.plugins import Plugins, installed
from declnet.spec import Objective, Spec
from declnet.target import named
from declnet.training.update import add_update


@dataclass(frozen=True)
class TrainingGraphs:
    """The three models, and what their inputs hold.

    With several objectives there is only the step: each is differentiated where those before it have led.
    """

    gradient: onnx.ModelProto | None
    update: onnx.ModelProto | None
    step: onnx.ModelProto
    parameters: dict[str, Parameter]
    states: dict[str, State]
    statistics: dict[str, Statistic]
    slots: dict[str, State]
    features: dict[str, Column]
    targets: dict[str, Column]

    @property
    def carried(self) -> list[str]:
        """The inputs of the step graph whose new values it gives: what a checkpoint holds."""
        outputs = {value.name for value in self.step.graph.output}
        return [value.name for value in self.step.graph.input if f"{value.name}_next" in outputs]

    @property
    def totals(self) -> list[str]:
        """Those of them that sum up a loss times rows: "loss_total", and "loss_total/NAME" where they are several."""
        return [name for name in self.carried if name.split("/")[0] == "loss_total"]


def training_graphs(spec: Spec, *, kernels: str = "standard", plugins: Plugins | None = None) -> TrainingGraphs:
    """Lower, differentiate and update *spec*.

    Raises:
        SpecError: layers or losses do not fit, or an operator has no gradient.
    """
    plugins = plugins or installed()
    whole, halves = (_Build(spec, kernels, plugins) for _ in range(2))
    one = len(spec.objectives) == 1
    step, tensors = whole.step_model(), whole.tensors
    return TrainingGraphs(
        gradient=halves.gradient_model() if one else None,
        update=_update_model(halves) if one else None,
        step=step,
        parameters=tensors.parameters,
        states=tensors.states,
        statistics=tensors.statistics,
        slots=whole.slots,
        features=tensors.features,
        targets=tensors.targets,
    )


class _Build:
    """A training graph under construction."""

    def __init__(self, spec: Spec, kernels: str, plugins: Plugins):
        self.spec, self.kernels, self.plugins = spec, kernels, plugins
        self.lowered = lower_layers(spec, training=True, plugins=plugins)
        self.graph, self.tensors = self.lowered.graph, self.lowered.tensors
        self.slots: dict[str, State] = {}
        self.updated: dict[str, Value] = {}

    def gradient_model(self) -> onnx.ModelProto:
        (objective,) = self.spec.objectives
        self.gradients = self._differentiate(objective)
        for name, value in self.gradients.items():
            self.graph.output(value, f"{name}_grad")
        _next(self.graph, self.tensors.updates)
        return _finish(self.graph, "differentiation")

    def step_model(self) -> onnx.ModelProto:
        """All objectives in turn: each sees the parameters that those before it have changed."""
        updating = Tensors(self.graph, parameters=self.tensors.parameters, values=self.tensors.values)
        for k, objective in enumerate(self.spec.objectives):
            if k:
                repeat_layers(self.lowered)
            gradients = self._differentiate(objective)
            new = add_update(self.spec, objective, updating, self.plugins, gradients)
            self.tensors.values.update(new)
            self.updated.update(new)
        self.slots = updating.states
        _loss_totals(self.lowered)
        _next(self.graph, {**self.updated, **self.tensors.updates, **updating.updates})
        _count(self.graph, self.tensors)
        return _finish(self.graph, "the update")

    def _differentiate(self, objective: Objective) -> dict[str, Value]:
        """Add the losses of *objective* and their gradients; return these by the parameter's name."""
        lowered, several = self.lowered, len(self.spec.objectives) > 1
        before = set(lowered.losses)
        lower_objective(lowered, objective)
        if lowered.diagnostics:
            raise SpecError(lowered.diagnostics)
        passes.run(self.graph, named(self.kernels), self.plugins.passes)
        # What is an output before differentiation stays one, even where an operator is expanded into its body.
        names = [name for name in lowered.losses if name not in before]
        loss = self.graph.output(lowered.objectives[objective.name], f"loss/{objective.name}" if several else "loss")
        lowered.objectives[objective.name] = loss
        if len(names) > 1:
            for name in names:
                lowered.losses[name] = self.graph.output(lowered.losses[name], f"loss/{name}")
        trained = [n for n, p in self.tensors.parameters.items() if p.trainable and objective.trains(n)]
        values = [self.graph.current(self.tensors.values[name]) for name in trained]
        constants = [self.graph.current(value) for value in self.updated.values()]
        how = {"kernels": self.kernels, "rules": self.plugins.gradients, "constants": constants}
        gradients = differentiate(self.graph, loss, values, **how)
        return {name: value for name, value in zip(trained, gradients) if value is not None}


def _update_model(halves: _Build) -> onnx.ModelProto:
    spec = halves.spec
    graph = Graph(f"{spec.name}_update")
    tensors = Tensors(graph)
    held = halves.tensors.parameters
    for name in halves.gradients:
        tensors.parameter(held[name])
    gradients = {name: graph.input(f"{name}_grad", "float32", held[name].shape) for name in halves.gradients}
    parameters = add_update(spec, *spec.objectives, tensors, halves.plugins, gradients)
    _next(graph, {**parameters, **tensors.updates})
    _count(graph, tensors)
    return _finish(graph, "the update")


def _loss_totals(lowered: Lowered) -> None:
    """Sum up each loss times rows, so that an epoch's means need no look at each step's losses."""
    graph, reported = lowered.graph, lowered.reported
    first = next(iter(lowered.tensors.features))
    rows = graph.Cast(graph.Gather(graph.Shape(lowered.results[first]), 0, axis=0), to=np.dtype("float32"))
    if len(lowered.objectives) > 1:
        reported["loss"] = graph.output(reported["loss"], "loss")
    for name, loss in reported.items():
        total = graph.input(name.replace("loss", "loss_total", 1), "float32", [])
        graph.output(total + loss * rows, f"{total.name}_next")


def _next(graph: Graph, values: dict[str, Value]) -> None:
    for name, value in values.items():
        graph.output(value, f"{name}_next")


def _count(graph: Graph, tensors: Tensors) -> None:
    if "step" not in tensors.values:
        tensors.values["step"] = graph.input("step", "int64", [])
    graph.output(tensors.values["step"] + 1, "step_next")


def _finish(graph: Graph, stage: str) -> onnx.ModelProto:
    return to_model(prune_inputs(verify(prune(graph), stage)))
