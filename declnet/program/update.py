"""The update of the parameters, as a graph: schedule, clipping, optimizer."""

from __future__ import annotations

from collections.abc import Mapping

from declnet.errors import DeclnetError, SpecError
from declnet.graph import Value, describe
from declnet.lowering import Net, Parameter, Tensors, explain, explain_weight
from declnet.lowering.optimizer_net import OptimizerNet
from declnet.plugins import Plugins
from declnet.spec import Objective, Spec

# How the schema of an optimizer says that a property is a schedule.
SCHEDULE = "#/$defs/schedule"


def add_update(
    spec: Spec, objective: Objective, tensors: Tensors, plugins: Plugins, gradients: Mapping[str, Value]
) -> dict[str, Value]:
    """Add the update of each parameter that has a gradient, by the objective's optimizer; return them by name.

    *tensors* gets a state for each slot, called ``<parameter>/<slot>``, and its update.
    """
    graph, training = tensors.graph, spec.training
    assert training is not None, "an objective is one of a training"
    chosen, pointer = objective.optimizer, f"{objective.pointer}/optimizer"
    component = plugins.components("optimizer")[chosen["type"]]
    properties = {key: value for key, value in chosen.items() if key != "type"}
    with graph.at("optimizer", {"declnet.layer": "optimizer", "declnet.path": pointer}):
        net = OptimizerNet(tensors, plugins, "optimizer", training=True)
        for key, schema in component.properties.items():
            if schema.get("$ref") == SCHEDULE:
                properties[key] = _scheduled(spec, net, properties[key], f"{pointer}/{key}")
        if training.gradient_clip_norm is not None:
            gradients = clip(net, gradients, training.gradient_clip_norm)
        new = {}
        for name, gradient in gradients.items():
            own = OptimizerNet(tensors, plugins, name, training=True)
            with graph.scope(name, **graph.metadata):
                try:
                    value = own.call(component, tensors.values[name], gradient, **properties)
                except DeclnetError as error:
                    what, given = f"optimizer {component.type!r}", f"{name!r} is {describe(tensors.values[name])}"
                    raise SpecError([explain(spec, error, pointer, what, given)]) from None
                new[name] = _constrained(spec, own, tensors.parameters[name], value)
    return new


def _scheduled(spec: Spec, net: OptimizerNet, choice: Mapping, pointer: str) -> Value:
    """The value of a schedule at the present step."""
    try:
        return net.apply("schedule", choice, net.step)
    except DeclnetError as error:
        raise SpecError([explain(spec, error, pointer, f"schedule {choice['type']!r}")]) from None


def _constrained(spec: Spec, net: Net, parameter: Parameter, value: Value) -> Value:
    """The new value of a parameter, brought back to what its constraint allows."""
    if parameter.constraint is None:
        return value
    try:
        return net.apply("constraint", parameter.constraint, value)
    except DeclnetError as error:
        raise SpecError([explain_weight(spec, error, "constraint", parameter)]) from None


def clip(net: Net, gradients: Mapping[str, Value], limit: float) -> dict[str, Value]:
    """Scale all gradients so that their joint norm is at most *limit* (Pascanu et al., 2013)."""
    squares = [net.ReduceSumSquare(gradient, keepdims=0) for gradient in gradients.values()]
    norm = net.Sqrt(net.Sum(*squares))
    factor = net.Div(limit, net.Max(norm, limit))
    return {name: gradient * factor for name, gradient in gradients.items()}
