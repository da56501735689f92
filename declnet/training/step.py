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

from declnet.autodiff import differentiate
from declnet.data import Column
from declnet.errors import SpecError
from declnet.graph import Graph, Value, prune, prune_inputs, to_model, verify
from declnet.lowering import Lowered, Parameter, State, Statistic, Tensors, lower
from declnet.plugins import Plugins, installed
from declnet.spec import Spec
from declnet.training.update import add_update


@dataclass(frozen=True)
class TrainingGraphs:
    """The three models, and what their inputs hold."""

    gradient: onnx.ModelProto
    update: onnx.ModelProto
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


def training_graphs(spec: Spec, *, kernels: str = "standard", plugins: Plugins | None = None) -> TrainingGraphs:
    """Lower, differentiate and update *spec*.

    Raises:
        SpecError: layers or losses do not fit, or an operator has no gradient.
    """
    plugins = plugins or installed()
    whole = _Build(spec, kernels, plugins)
    halves = _Build(spec, kernels, plugins)
    tensors = whole.lowered.tensors
    return TrainingGraphs(
        gradient=halves.gradient_model(),
        update=_update_model(spec, plugins, halves),
        step=whole.step_model(),
        parameters=tensors.parameters,
        states=tensors.states,
        statistics=tensors.statistics,
        slots=whole.slots,
        features=tensors.features,
        targets=tensors.targets,
    )


class _Build:
    """The lowered and differentiated training graph of a spec."""

    def __init__(self, spec: Spec, kernels: str, plugins: Plugins):
        self.spec, self.plugins = spec, plugins
        self.lowered = lower(spec, training=True, plugins=plugins)
        if self.lowered.diagnostics:
            raise SpecError(self.lowered.diagnostics)
        self.graph, tensors = self.lowered.graph, self.lowered.tensors
        self.slots: dict[str, State] = {}
        trained = [name for name, parameter in tensors.parameters.items() if parameter.trainable]
        values = differentiate(
            self.graph,
            self.lowered.loss,
            [tensors.values[name] for name in trained],
            kernels=kernels,
            rules=plugins.gradients,
        )
        self.gradients = {name: value for name, value in zip(trained, values) if value is not None}

    def gradient_model(self) -> onnx.ModelProto:
        graph = self.graph
        _losses(self.lowered)
        for name, value in self.gradients.items():
            graph.output(value, f"{name}_grad")
        _next(graph, self.lowered.tensors.updates)
        return _finish(graph, "differentiation")

    def step_model(self) -> onnx.ModelProto:
        graph, tensors = self.graph, self.lowered.tensors
        updating = Tensors(graph, values=tensors.values)
        parameters = add_update(self.spec, updating, self.plugins, self.gradients)
        self.slots = updating.states
        _losses(self.lowered)
        _loss_total(self.lowered)
        _next(graph, {**parameters, **tensors.updates, **updating.updates})
        _count(graph, tensors)
        return _finish(graph, "the update")


def _update_model(spec: Spec, plugins: Plugins, halves: _Build) -> onnx.ModelProto:
    graph = Graph(f"{spec.name}_update")
    tensors = Tensors(graph)
    held = halves.lowered.tensors.parameters
    for name in halves.gradients:
        tensors.parameter(held[name])
    gradients = {name: graph.input(f"{name}_grad", "float32", held[name].shape) for name in halves.gradients}
    parameters = add_update(spec, tensors, plugins, gradients)
    _next(graph, {**parameters, **tensors.updates})
    _count(graph, tensors)
    return _finish(graph, "the update")


def _losses(lowered: Lowered) -> None:
    """The loss, and its terms where there are several."""
    lowered.graph.output(lowered.loss, "loss")
    if len(lowered.losses) > 1:
        for name, value in lowered.losses.items():
            lowered.graph.output(value, f"loss/{name}")


def _loss_total(lowered: Lowered) -> None:
    """Sum up loss times rows, so that an epoch's mean needs no look at each step's loss."""
    graph = lowered.graph
    first = next(iter(lowered.tensors.features))
    rows = graph.Gather(graph.Shape(lowered.results[first]), 0, axis=0)
    total = graph.input("loss_total", "float32", [])
    graph.output(total + lowered.loss * graph.Cast(rows, to=np.dtype("float32")), "loss_total_next")


def _next(graph: Graph, values: dict[str, Value]) -> None:
    for name, value in values.items():
        graph.output(value, f"{name}_next")


def _count(graph: Graph, tensors: Tensors) -> None:
    if "step" not in tensors.values:
        tensors.values["step"] = graph.input("step", "int64", [])
    graph.output(tensors.values["step"] + 1, "step_next")


def _finish(graph: Graph, stage: str) -> onnx.ModelProto:
    return to_model(prune_inputs(verify(prune(graph), stage)))
