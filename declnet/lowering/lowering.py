"""Lower a spec: each layer in turn, then losses and penalties; collect what does not fit instead of stopping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from declnet.data import Column
from declnet.errors import DeclnetError, Diagnostic
from declnet.graph import Graph, Value, describe
from declnet.graph.copy import copy_graph
from declnet.lowering.explain import explain, explain_weight
from declnet.lowering.loss_net import LossNet
from declnet.lowering.net import LayerError, Net, complete
from declnet.lowering.reduction import mean
from declnet.lowering.references import unknown_results
from declnet.lowering.tensors import Tensors
from declnet.plugins import Plugins, installed
from declnet.spec import LayerSpec, LossSpec, Objective, Spec
from declnet.target import STANDARD, Target


@dataclass
class Lowered:
    """A spec as a graph.

    ``results`` maps input names, layer names and ``layer.key`` to values; ``losses`` maps the name of each loss to
    its scalar; ``objectives`` maps the name of each objective to what it makes small: the weighted sum of its losses
    plus the penalties of the regularizers of its parameters. ``diagnostics`` are the mistakes found; with any,
    losses and objectives are not complete.
    """

    spec: Spec
    plugins: Plugins
    training: bool
    graph: Graph
    tensors: Tensors
    results: dict[str, Value] = field(default_factory=dict)
    losses: dict[str, Value] = field(default_factory=dict)
    objectives: dict[str, Value] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def copy(self) -> Lowered:
        """A copy of the layers and their mistakes, without losses and objectives, to which others can be added."""
        graph, values = copy_graph(self.graph)
        held = self.tensors
        tensors = replace(
            held,
            graph=graph,
            parameters=dict(held.parameters),
            states=dict(held.states),
            statistics={name: replace(each, value=values[each.value]) for name, each in held.statistics.items()},
            features=dict(held.features),
            targets=dict(held.targets),
            values={name: values[value] for name, value in held.values.items()},
            updates={name: values[value] for name, value in held.updates.items()},
            penalties=[(path, values[value]) for path, value in held.penalties],
        )
        results = {name: values[value] for name, value in self.results.items()}
        found = list(self.diagnostics)
        return Lowered(self.spec, self.plugins, self.training, graph, tensors, results, diagnostics=found)

    @property
    def loss(self) -> Value | None:
        """The sum of all objectives; None for a spec without training, or with mistakes."""
        terms = list(self.objectives.values())
        return None if not terms or self.diagnostics else terms[0] if len(terms) == 1 else self.graph.Sum(*terms)

    @property
    def reported(self) -> dict[str, Value]:
        """The losses that are reported: "loss", and "loss/NAME" of each objective and loss, where they are several."""
        if self.loss is None:
            return {}
        objectives = self.spec.objectives
        parts = {each.name: self.objectives[each.name] for each in objectives if len(objectives) > 1}
        parts |= {loss.name: self.losses[loss.name] for o in objectives if len(o.losses) > 1 for loss in o.losses}
        return {"loss": self.loss} | {f"loss/{name}": value for name, value in parts.items()}


def lower(spec: Spec, *, training: bool, plugins: Plugins | None = None, target: Target = STANDARD) -> Lowered:
    """Lower *spec* to its training graph or to its inference graph; never raises for mistakes of the spec."""
    lowered = lower_layers(spec, training=training, plugins=plugins, target=target)
    for objective in spec.objectives:
        lower_objective(lowered, objective)
    return lowered


def lower_layers(spec: Spec, *, training: bool, plugins: Plugins | None = None, target: Target = STANDARD) -> Lowered:
    """Lower the layers of *spec*, and no losses, in operators of the opset of *target*."""
    graph = Graph(spec.name, opset=target.opset)
    lowered = Lowered(spec, plugins or installed(), training, graph, Tensors(graph))
    for name, given in spec.inputs.items():
        lowered.tensors.features[name] = Column(name, given.dtype, tuple(given.shape))
        lowered.tensors.values[name] = graph.input(name, given.dtype, ["N", *given.shape])
    repeat_layers(lowered)
    if not spec.errors:
        lowered.diagnostics += unknown_results(spec, lowered.results)
    return lowered


def repeat_layers(lowered: Lowered) -> None:
    """Lower the layers with the present values of the parameters, which an update may have changed.

    What depends on no changed parameter is not computed again: equal operators of a graph are one.
    """
    lowered.results = {name: lowered.tensors.values[name] for name in lowered.spec.inputs}
    lowered.tensors.penalties.clear()
    for layer in lowered.spec.layers:
        _lower_layer(lowered, layer)


def lower_objective(lowered: Lowered, objective: Objective) -> None:
    """Add the losses of *objective*, and the penalties of the parameters that it trains."""
    if lowered.spec.errors:
        return
    terms = [term for loss in objective.losses if (term := _lower_loss(lowered, loss)) is not None]
    if not lowered.diagnostics:
        terms += _penalties(lowered, objective)
    if not lowered.diagnostics:
        lowered.objectives[objective.name] = terms[0] if len(terms) == 1 else lowered.graph.Sum(*terms)


def _lower_layer(lowered: Lowered, layer: LayerSpec) -> None:
    """Add one layer; skip it where it or a layer before it is wrong."""
    inputs = [lowered.results[name] for name in layer.inputs if name in lowered.results]
    if layer.broken or len(inputs) < len(layer.inputs):
        return
    component = lowered.plugins.components("layer")[layer.type]
    path = layer.share or layer.name
    net = Net(lowered.tensors, lowered.plugins, path, training=lowered.training, trainable=not layer.freeze)
    with lowered.graph.scope(layer.name, **{"declnet.layer": layer.name, "declnet.path": layer.pointer}):
        try:
            result = net.lower(component, inputs, layer.properties)
            lowered.results.update(_named(layer.name, result))
        except DeclnetError as error:
            given = dict.fromkeys(f"{name!r} gives {describe(value)}" for name, value in zip(layer.inputs, inputs))
            what = f"layer {layer.name!r} ({layer.type})"
            lowered.diagnostics.append(explain(lowered.spec, error, layer.pointer, what, "; ".join(given)))


def _named(name: str, result: object) -> dict[str, Value]:
    """What a layer returned, by the names under which other layers refer to it."""
    if isinstance(result, dict):
        results = {f"{name}.{key}": value for key, value in result.items()}
        results[name] = next(iter(result.values()))
    else:
        results = {name: result}
    for value in results.values():
        if not isinstance(value, Value):
            raise LayerError(f"it returned {type(value).__name__}, not a value of the graph")
    return results


def _lower_loss(lowered: Lowered, loss: LossSpec) -> Value | None:
    """Add one loss; return its term of the objective, None where it does not fit."""
    spec, prediction = lowered.spec, lowered.results.get(loss.source)
    if prediction is None:
        return None
    net = LossNet(lowered.tensors, lowered.plugins, loss.name, training=lowered.training, target=loss.target)
    component = lowered.plugins.components("loss")[loss.type]
    with lowered.graph.scope(loss.name, **{"declnet.layer": loss.name, "declnet.path": loss.pointer}):
        try:
            values = net.call(component, prediction, **complete(component, loss.properties))
            weights = {key: lowered.results.get(name, name) for key, name in loss.weights.items()}
            value = mean(net, values, **weights)
        except DeclnetError as error:
            given = f"{loss.source!r} gives {describe(prediction)}"
            lowered.diagnostics.append(explain(spec, error, loss.pointer, f"loss {loss.name!r}", given))
            return None
        lowered.losses[loss.name] = value
        return value if loss.weight == 1 else value * float(loss.weight)


def _penalties(lowered: Lowered, objective: Objective) -> list[Value]:
    """What layers add to the loss, and the regularizers of the weights that have one."""
    penalties = [value for path, value in lowered.tensors.penalties if objective.trains(f"{path}/")]
    for parameter in list(lowered.tensors.parameters.values()):
        if parameter.regularizer is not None and objective.trains(parameter.name):
            net = Net(lowered.tensors, lowered.plugins, parameter.name, training=lowered.training)
            with lowered.graph.scope(parameter.layer, **{"declnet.layer": parameter.layer}):
                weight = lowered.tensors.values[parameter.name]
                try:
                    penalties.append(net.apply("regularizer", parameter.regularizer, weight))
                except DeclnetError as error:
                    lowered.diagnostics.append(explain_weight(lowered.spec, error, "regularizer", parameter))
    return penalties


def doubtful_objectives(lowered: Lowered) -> list[Diagnostic]:
    """Warn of objectives that train nothing, and of penalties that are in none, since none trains their layers."""
    spec, found = lowered.spec, {}
    if not spec.objectives or lowered.diagnostics:
        return []
    trainable = [name for name, parameter in lowered.tensors.parameters.items() if parameter.trainable]
    for objective in spec.objectives:
        if objective.layers is not None and not any(map(objective.trains, trainable)):
            pointer = f"{objective.pointer}/layers"
            message = f"objective {objective.name!r} trains no weight"
            hint = (
                "list layers with weights of their own that are not frozen: of shared ones, the layer that others share"
            )
            found[pointer] = spec.diagnostic("DN1503", pointer, message, severity="warning", hint=hint)

    def idle(path: str) -> bool:
        return not any(objective.trains(f"{path}/") for objective in spec.objectives)

    penalties: list[tuple[str, Mapping[str, Any] | None]] = [(path, None) for path, _ in lowered.tensors.penalties]
    penalties += [(p.layer, p.regularizer) for p in lowered.tensors.parameters.values() if p.regularizer is not None]
    for layer in spec.layers:
        for path, regularizer in penalties:
            if f"{path}/".startswith(f"{layer.name}/") and idle(path):
                key = next((key for key, value in layer.properties.items() if value is regularizer is not None), None)
                pointer = f"{layer.pointer}/{key}" if key else layer.pointer
                message = f"the penalty of layer {layer.name!r} is in the loss of no objective"
                hint = f"list {layer.name!r} in the layers of an objective, or remove the penalty"
                found[pointer] = spec.diagnostic("DN1502", pointer, message, severity="warning", hint=hint)
    return list(found.values())
