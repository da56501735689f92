"""The graphs that training runs: gradient, update, and the two in one, the step.

    gradient   features, targets, parameters, states, (seed, step)   -> loss, <parameter>_grad, <state>_next
    update     parameters, <parameter>_grad, slots, step             -> <parameter>_next, <slot>_next, step_next
    step       everything above                                      -> loss, <..>_next

Every name that ends in ``_next`` is the new value of the input of that name without it: a runner in any language
feeds the outputs back and needs to know nothing else. Where objectives are several they take turns: in the step each
sees the parameters that those before it have changed, and each has a gradient and an update of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
import onnx_ir as ir

from declnet import passes
from declnet.autodiff import differentiate
from declnet.errors import Diagnostic, MissingGradient, SpecError
from declnet.graph import Graph, Value
from declnet.lowering import Lowered, State, Tensors, lower_objective, repeat_layers
from declnet.program.finishing import finished_model
from declnet.program.update import add_update
from declnet.spec import Objective
from declnet.target import Target


@dataclass(frozen=True)
class Half:
    """The two graphs of an objective: its gradient, and the update of the parameters that it trains."""

    objective: str
    gradient: onnx.ModelProto
    update: onnx.ModelProto


@dataclass(frozen=True)
class Step:
    """The step graph of a spec, before it is a model, and what is wrong with the spec.

    ``slots`` are the states of the optimizers. With ``diagnostics`` the graph is not complete.
    """

    target: Target
    lowered: Lowered
    slots: dict[str, State] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def model(self) -> onnx.ModelProto:
        """The graph as a model.

        Raises:
            SpecError: layers or losses do not fit, or an operator has no gradient.
        """
        if self.diagnostics:
            raise SpecError(self.diagnostics)
        return finished_model(self.lowered.graph, "the update", self.target, self.lowered.plugins)


def build_step(lowered: Lowered, target: Target) -> Step:
    """Differentiate and update each objective in turn; mistakes are kept, not raised.

    Args:
        lowered: the layers as they train, to which the rest is added.
    """
    spec, plugins, graph, tensors = lowered.spec, lowered.plugins, lowered.graph, lowered.tensors
    updating = Tensors(graph, parameters=tensors.parameters, values=tensors.values)
    updated: dict[str, Value] = {}
    found: list[Diagnostic] = []
    done: set[ir.Node] = set()
    for k, objective in enumerate(spec.objectives):
        if k and not (found or lowered.diagnostics):
            repeat_layers(lowered)
        try:
            gradients = _differentiate(lowered, objective, target, list(updated.values()), done)
            if gradients is None:
                continue  # to find what is wrong with the others, too
            new = add_update(spec, objective, updating, plugins, gradients)
        except SpecError as error:
            found += error.diagnostics
            continue
        tensors.values.update(new)
        updated.update(new)
        done = set(graph.ir)
    found = [*lowered.diagnostics, *found]
    if not found and spec.objectives:
        _loss_totals(lowered)
        _next(graph, {**updated, **tensors.updates, **updating.updates})
        _count(graph, tensors)
    return Step(target, lowered, updating.states, found)


def build_half(lowered: Lowered, objective: Objective, target: Target) -> Half:
    """The gradient and the update graph of *objective*.

    Args:
        lowered: the layers as they train, to which the gradient is added.

    Raises:
        SpecError: layers or losses do not fit, or an operator has no gradient.
    """
    gradients = _differentiate(lowered, objective, target)
    if gradients is None:
        raise SpecError(lowered.diagnostics)
    for name, value in gradients.items():
        lowered.graph.output(value, f"{name}_grad")
    _next(lowered.graph, lowered.tensors.updates)
    update = _update_model(lowered, objective, list(gradients), target)
    return Half(objective.name, finished_model(lowered.graph, "differentiation", target, lowered.plugins), update)


def _differentiate(
    lowered: Lowered,
    objective: Objective,
    target: Target,
    constants: Sequence[Value] = (),
    done: Collection[ir.Node] = (),
) -> dict[str, Value] | None:
    """Add the losses of *objective* and their gradients; return these by the parameter's name.

    None: something does not fit, and stands in the diagnostics of *lowered*.

    Args:
        constants: values through which no gradient flows: what objectives before this one have updated.
        done: what these have left in the graph, gradients and updates, which is not for passes over layers.
    """
    spec, graph, held = lowered.spec, lowered.graph, lowered.tensors
    lower_objective(lowered, objective)
    if lowered.diagnostics:
        return None
    passes.run(graph, target, lowered.plugins.passes, hidden=done)
    loss, rules = lowered.objectives[objective.name], lowered.plugins.gradients
    trained = {name: held.values[name] for name, p in held.parameters.items() if p.trainable and objective.trains(name)}
    try:
        found = differentiate(graph, loss, list(trained.values()), target=target, rules=rules, constants=constants)
    except MissingGradient as error:
        raise SpecError([spec.place(each, each.pointer or "") for each in error.diagnostics]) from None
    graph.output(loss, f"loss/{objective.name}" if len(spec.objectives) > 1 else "loss")
    if len(objective.losses) > 1:
        for each in objective.losses:
            graph.output(lowered.losses[each.name], f"loss/{each.name}")
    return {name: value for name, value in zip(trained, found) if value is not None}


def _update_model(lowered: Lowered, objective: Objective, trained: list[str], target: Target) -> onnx.ModelProto:
    spec, held = lowered.spec, lowered.tensors.parameters
    graph = Graph(f"{spec.name}_update", opset=target.opset)
    tensors = Tensors(graph)
    for name in trained:
        tensors.parameter(held[name])
    gradients = {name: graph.input(f"{name}_grad", "float32", held[name].shape) for name in trained}
    parameters = add_update(spec, objective, tensors, lowered.plugins, gradients)
    _next(graph, {**parameters, **tensors.updates})
    _count(graph, tensors)
    return finished_model(graph, "the update", target, lowered.plugins)


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
