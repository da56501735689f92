"""Lower a spec: each layer in turn, then losses and penalties; collect what does not fit instead of stopping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from declnet.component import Component
from declnet.data import Column
from declnet.errors import DeclnetError, Diagnostic
from declnet.graph import Graph, Value
from declnet.lowering.net import LayerError, LossNet, Net, complete, shown
from declnet.lowering.tensors import Tensors
from declnet.plugins import Plugins, installed
from declnet.spec import LayerSpec, Spec


@dataclass
class Lowered:
    """A spec as a graph.

    ``results`` maps input names, layer names and ``layer.key`` to values; ``losses`` maps the name of each loss to
    its scalar; ``loss`` is their weighted sum plus the penalties of the regularizers (None without training, or
    with mistakes); ``diagnostics`` are the mistakes found.
    """

    spec: Spec
    training: bool
    graph: Graph
    tensors: Tensors
    results: dict[str, Value] = field(default_factory=dict)
    losses: dict[str, Value] = field(default_factory=dict)
    loss: Value | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)


def lower(spec: Spec, *, training: bool, plugins: Plugins | None = None) -> Lowered:
    """Lower *spec* to its training graph or to its inference graph; never raises for mistakes of the spec."""
    graph = Graph(spec.name)
    lowered = Lowered(spec, training, graph, Tensors(graph))
    plugins = plugins or installed()
    for name, given in spec.inputs.items():
        lowered.tensors.features[name] = Column(name, given.dtype, tuple(given.shape))
        lowered.tensors.values[name] = lowered.results[name] = graph.input(name, given.dtype, ["N", *given.shape])
    for layer in spec.layers:
        _lower_layer(lowered, layer, plugins)
    if spec.training and not spec.errors and not lowered.diagnostics:
        _lower_losses(lowered, plugins)
    return lowered


def _lower_layer(lowered: Lowered, layer: LayerSpec, plugins: Plugins) -> None:
    """Add one layer; skip it where it or a layer before it is wrong."""
    inputs = [lowered.results.get(name) for name in layer.inputs]
    if layer.broken or None in inputs:
        return
    component = plugins.components("layer")[layer.type]
    path = layer.share or layer.name
    net = Net(lowered.tensors, plugins, path, training=lowered.training, trainable=not layer.freeze)
    with lowered.graph.scope(layer.name, **{"declnet.layer": layer.name, "declnet.path": layer.pointer}):
        try:
            result = component(net, *inputs, **complete(component, layer.properties))
            lowered.results.update(_named(layer.name, result, component))
        except DeclnetError as error:
            lowered.diagnostics.append(_explain(lowered, layer, inputs, error))


def _named(name: str, result, component: Component) -> Iterator[tuple[str, Value]]:
    """What a layer returned, by the names under which other layers refer to it."""
    if isinstance(result, dict):
        results = {f"{name}.{key}": value for key, value in result.items()}
        results[name] = next(iter(result.values()))
    else:
        results = {name: result}
    for value in results.values():
        if not isinstance(value, Value):
            raise LayerError(
                f"layer {component.type!r} returned {type(value).__name__}, not a value of the graph", None
            )
    return results


def _explain(lowered: Lowered, layer: LayerSpec, inputs: list[Value], error: DeclnetError) -> Diagnostic:
    """Place an error that a layer raised: at its property, or as a misfit of producer and consumer."""
    found = error.diagnostics[0]
    if isinstance(error, LayerError):
        pointer = f"{layer.pointer}/{error.property}" if error.property else layer.pointer
        given = "; ".join(f"{name!r} gives {shown(value)}" for name, value in zip(layer.inputs, inputs))
        return lowered.spec.diagnostic(
            found.code,
            pointer,
            f"layer {layer.name!r} ({layer.type}): {found.message}",
            found=found.found or given,
            allowed=found.allowed,
            hint=found.hint,
        )
    givers = "; ".join(f"{name!r} gives {shown(value)}" for name, value in zip(layer.inputs, inputs))
    code = "DN1401" if found.code == "DN3001" else found.code
    return lowered.spec.diagnostic(
        code,
        layer.pointer,
        f"layer {layer.name!r} ({layer.type}) does not fit what it is given",
        found=givers,
        hint=found.message,
    )


def _lower_losses(lowered: Lowered, plugins: Plugins) -> None:
    spec, terms = lowered.spec, []
    for index, loss in enumerate(spec.training["loss"]):
        pointer = f"/training/loss/{index}"
        name = loss.get("name") or (loss["type"] if len(spec.training["loss"]) == 1 else f"{loss['type']}_{index + 1}")
        prediction = lowered.results.get(loss["from"])
        if prediction is None:
            continue
        net = LossNet(lowered.tensors, plugins, name, training=lowered.training, target=loss["target"])
        component = plugins.components("loss")[loss["type"]]
        given = {key: value for key, value in loss.items() if key in component.properties}
        with lowered.graph.scope(name, **{"declnet.layer": name, "declnet.path": pointer}):
            try:
                value = component(net, prediction, **complete(component, given))
            except DeclnetError as error:
                found = error.diagnostics[0]
                place = getattr(error, "property", None)
                lowered.diagnostics.append(
                    spec.diagnostic(
                        "DN1401" if found.code == "DN3001" else found.code,
                        f"{pointer}/{place}" if place else pointer,
                        f"loss {name!r}: {found.message}",
                        found=found.found or f"{loss['from']!r} gives {shown(prediction)}",
                        allowed=found.allowed,
                        hint=found.hint,
                    )
                )
                continue
        lowered.losses[name] = value
        terms.append(value if loss["weight"] == 1 else value * float(loss["weight"]))
    if not terms or lowered.diagnostics:
        return
    terms += _penalties(lowered, plugins)
    lowered.loss = terms[0] if len(terms) == 1 else lowered.graph.Sum(*terms)


def _penalties(lowered: Lowered, plugins: Plugins) -> list[Value]:
    """The regularizers of the weights that have one."""
    penalties = []
    for parameter in list(lowered.tensors.parameters.values()):
        if parameter.regularizer is not None:
            net = Net(lowered.tensors, plugins, parameter.name, training=lowered.training)
            with lowered.graph.scope(parameter.layer, **{"declnet.layer": parameter.layer}):
                weight = lowered.tensors.values[parameter.name]
                penalties.append(net.apply("regularizer", parameter.regularizer, weight))
    return penalties
