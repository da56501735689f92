"""The update of the parameters, as a graph: schedule, clipping, optimizer."""

from __future__ import annotations

from collections.abc import Mapping

from declnet.errors import SpecError
from declnet.graph import Value
from declnet.lowering import Net, Parameter, Tensors
from declnet.lowering.lowering import weight_misfit
from declnet.lowering.net import LayerError
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
    chosen = objective.optimizer
    component = plugins.components("optimizer")[chosen["type"]]
    properties = {key: value for key, value in chosen.items() if key != "type"}
    with graph.at("optimizer", {"declnet.layer": "optimizer", "declnet.path": f"{objective.pointer}/optimizer"}):
        net = OptimizerNet(tensors, plugins, "optimizer", training=True)
        try:
            for key, schema in component.properties.items():
                if schema.get("$ref") == SCHEDULE:
                    properties[key] = net.apply("schedule", properties[key], net.step)
            if training["gradient_clip_norm"] is not None:
                gradients = clip(net, gradients, training["gradient_clip_norm"])
            new = {}
            for name, gradient in gradients.items():
                own = OptimizerNet(tensors, plugins, name, training=True)
                with graph.scope(name, **graph.metadata):
                    new[name] = component(own, tensors.values[name], gradient, **properties)
                    new[name] = _constrained(spec, own, tensors.parameters[name], new[name])
        except LayerError as error:
            (found,) = error.diagnostics
            pointer = f"{objective.pointer}/optimizer" + (f"/{error.property}" if error.property else "")
            facts = {"found": found.found, "allowed": found.allowed, "hint": found.hint}
            message = f"optimizer {component.type!r}: {found.message}"
            raise SpecError([spec.diagnostic(found.code, pointer, message, **facts)]) from None
    return new


def _constrained(spec: Spec, net: Net, parameter: Parameter, value: Value) -> Value:
    """The new value of a parameter, brought back to what its constraint allows."""
    if parameter.constraint is None:
        return value
    try:
        return net.apply("constraint", parameter.constraint, value)
    except LayerError as error:
        raise SpecError([weight_misfit(spec, parameter, "constraint", error)]) from None


def clip(net: Net, gradients: Mapping[str, Value], limit: float) -> dict[str, Value]:
    """Scale all gradients so that their joint norm is at most *limit* (Pascanu et al., 2013)."""
    squares = [net.ReduceSumSquare(gradient, keepdims=0) for gradient in gradients.values()]
    norm = net.Sqrt(net.Sum(*squares))
    factor = net.Div(limit, net.Max(norm, limit))
    return {name: gradient * factor for name, gradient in gradients.items()}
