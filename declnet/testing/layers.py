"""Run and check one component at a time: what a plugin author's tests call."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator

from declnet.autodiff import differentiate
from declnet.component import Component
from declnet.graph import Graph, Value, dims, prune, prune_inputs, text, to_model, verify
from declnet.initializers import initial
from declnet.lowering.loss_net import LossNet
from declnet.lowering.net import Net, complete
from declnet.lowering.optimizer_net import OptimizerNet
from declnet.lowering.reduction import mean
from declnet.lowering.tensors import Tensors
from declnet.plugins import installed
from declnet.program.update import SCHEDULE
from declnet.runtime import Session, open_runtime

# The type and the shape of an input.
Spec = tuple[Any, list[Any]]

_SEED, _STEP = 7, 3
# Steps of the central differences: a long one is wrong where the layer bends, a short one drowns in float32's rounding.
_STEPS = (3e-2, 1e-2, 3e-3)


def run_layer(
    component: Component,
    properties: Mapping,
    inputs: Sequence[np.ndarray],
    *,
    training: bool = False,
    weights: Mapping[str, np.ndarray] | None = None,
) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """Lower a layer or activation and run it in onnxruntime.

    Returns:
        Its outputs, and the weights and states that it had, by their names within the layer. A training run adds the
        new value of each updated state as ``<name>_next``.
    """
    net, outputs = _lowered(component, properties, [_spec_of(array) for array in inputs], training)
    graph, tensors = net.graph, net.tensors
    held = _held(tensors, weights)
    feed = {f"input_{k}": array for k, array in enumerate(inputs)} | {f"layer/{k}": v for k, v in held.items()}
    for k, value in enumerate(outputs):
        graph.output(value, f"output_{k}")
    for name, value in tensors.updates.items():
        graph.output(value, f"{name}_next")
    results = _run(graph, feed)
    updates = dict(zip(tensors.updates, results[len(outputs) :]))
    held |= {f"{name.removeprefix('layer/')}_next": value for name, value in updates.items()}
    return results[: len(outputs)], held


def check_layer(
    component: Component,
    properties: Mapping,
    inputs: Sequence[tuple],
    output: tuple | Sequence[tuple],
    *,
    without: Sequence[str] = (),
    batches: Sequence[int] = (2, 3),
    tolerance: float = 2e-2,
) -> None:
    """Assert what every layer must hold to.

    The properties fit the schema; the layer asks for each weight that the schema declares; the inferred shape is
    *output* and is the shape of the run at two batch sizes; both modes verify; lowering twice gives the same text; the
    gradient of a random projection of the outputs agrees with a central difference, for each weight and floating-point
    input.

    Args:
        inputs: shapes such as ``("N", 5)``; an int64 input is written ``("int64", "N", 5)``.
        output: the expected shape, or a list of them for a layer with several outputs.
        without: weights of the schema that a layer of these properties does not have.
        tolerance: how far a float32 central difference may be off, relative to the gradient's norm.
    """
    Draft202012Validator(_without_references(component.schema)).validate(dict(properties))
    expected = [tuple(output)] if not output or not isinstance(output[0], tuple | list) else [tuple(o) for o in output]
    specs = [_named_spec(shape) for shape in inputs]
    for training in (False, True):
        net, outputs = _lowered(component, properties, specs, training)
        graph = net.graph
        unread = f"weights of the schema that {component.type} does not ask for: {sorted(net.unread)}"
        assert set(without) == net.unread, f"{unread}, without: {sorted(without)}"
        assert [dims(value) for value in outputs] == expected, f"inferred {outputs}, expected {expected}"
        for value in outputs:
            graph.output(value)
        verify(prune(graph), f"lowering {component.type}")
        again, repeated = _lowered(component, properties, specs, training)
        for value in repeated:
            again.graph.output(value)
        assert text(graph) == text(prune(again.graph)), "lowering twice gives two different graphs"
    random = np.random.default_rng(0)
    for rows in batches:
        arrays = [_sample(random, dtype, [rows if dim == "N" else dim for dim in shape]) for dtype, shape in specs]
        results, _ = run_layer(component, properties, arrays)
        shapes = [tuple(rows if dim == "N" else dim for dim in shape) for shape in expected]
        assert [result.shape for result in results] == shapes, f"ran to {[r.shape for r in results]}, expected {shapes}"
    _check_gradients(component, properties, specs, arrays, tolerance)


def _check_gradients(
    component: Component, properties: Mapping, specs: Sequence[Spec], arrays: Sequence[np.ndarray], tolerance: float
) -> None:
    net, outputs = _lowered(component, properties, specs, True)
    graph, tensors = net.graph, net.tensors
    random = np.random.default_rng(1)
    held = _held(tensors, None)
    feed = {f"input_{k}": array for k, array in enumerate(arrays)} | {f"layer/{k}": v for k, v in held.items()}
    feed |= {"seed": np.array(_SEED), "step": np.array(_STEP)}
    shapes = [result.shape for result in _run_copy(component, properties, specs, feed)]
    terms = []
    for k, (value, shape) in enumerate(zip(outputs, shapes)):
        if value.dtype.is_floating_point():
            feed[f"weight_{k}"] = random.standard_normal(shape).astype("float32")
            terms.append(graph.ReduceSum(value * graph.input(f"weight_{k}", "float32", dims(value)), keepdims=0))
    loss = terms[0] if len(terms) == 1 else graph.Sum(*terms)
    wrt = [v for v in graph.inputs if v.dtype.is_floating_point() and not v.name.startswith("weight_")]
    wrt = [v for v in wrt if v.name not in tensors.states and v.name not in tensors.statistics]
    gradients = differentiate(graph, loss, wrt, rules=installed().gradients)
    graph.output(loss, "loss")
    used = [(value, dx) for value, dx in zip(wrt, gradients) if dx is not None]
    for value, dx in used:
        graph.output(dx, f"{value.name}_grad")
    session = _session(graph)
    results = session.run(feed)
    for name, gradient in zip((value.name for value, _ in used), list(results.values())[1:]):
        direction = random.standard_normal(gradient.shape).astype("float32")
        direction /= max(float(np.linalg.norm(direction)), 1e-6)
        slopes = [_slope(session, feed, name, size * direction) / size for size in _STEPS]
        wanted = float((gradient.astype("float64") * direction).sum())
        scale = max(1.0, float(np.linalg.norm(gradient)))
        error = min(abs(slope - wanted) for slope in slopes)
        assert error <= tolerance * scale, f"gradient of {name}: {wanted}, by differences {slopes}"


def _slope(session: Session, feed: Mapping[str, np.ndarray], name: str, step: np.ndarray) -> float:
    """Half of what the loss gains between one *step* back and one ahead."""
    ahead, back = (session.run({**feed, name: feed[name] + way}, ["loss"])["loss"] for way in (step, -step))
    return (float(ahead) - float(back)) / 2


def run_loss(
    component: Component,
    properties: Mapping,
    prediction: np.ndarray,
    target: np.ndarray | None,
    *,
    mask: np.ndarray | None = None,
    sample_weight: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """The mean loss, and its gradient with respect to the prediction."""
    graph = Graph("loss")
    tensors = Tensors(graph)
    net = LossNet(tensors, installed(), "loss", training=True, target="target")
    value = graph.input("prediction", prediction.dtype, _spec_of(prediction)[1])
    given = {"mask": mask, "sample_weight": sample_weight}
    columns = {key: array for key, array in given.items() if array is not None}
    feed = {"prediction": prediction, **columns} | ({} if target is None else {"target": target})
    loss = mean(net, net.call(component, value, **complete(component, properties)), **{key: key for key in columns})
    (dx,) = differentiate(graph, loss, [value], rules=installed().gradients)
    assert dx is not None, f"the loss {component.type} does not depend on its prediction"
    graph.output(loss, "loss")
    graph.output(dx, "gradient")
    result, gradient = _run(graph, feed)
    return float(result), gradient


def run_optimizer(
    component: Component,
    properties: Mapping,
    parameter: np.ndarray,
    gradients: Sequence[np.ndarray],
    *,
    total_steps: int | None = None,
) -> list[np.ndarray]:
    """The parameter after each update by one of *gradients*."""
    graph = Graph("update")
    tensors = Tensors(graph)
    net = OptimizerNet(tensors, installed(), "parameter", training=True)
    properties = complete(component, properties)
    for key, schema in component.properties.items():
        if schema.get("$ref") == SCHEDULE:
            rate = properties[key]
            rate = {"type": "constant", "value": rate} if isinstance(rate, int | float) else rate
            properties[key] = net.apply("schedule", rate, net.step)
    value = graph.input("parameter", "float32", parameter.shape)
    gradient = graph.input("gradient", "float32", parameter.shape)
    graph.output(net.call(component, value, gradient, **properties), "parameter_next")
    names = ["parameter", *tensors.updates]
    for name, new in tensors.updates.items():
        graph.output(new, f"{name}_next")
    state = {"parameter": parameter} | {s.name: np.full(s.shape, s.initial, "float32") for s in tensors.states.values()}
    session, trace = _session(graph), []
    for step, each in enumerate(gradients):
        feed = {
            **state,
            "gradient": each,
            "step": np.array(step),
            "total_steps": np.array(total_steps or len(gradients)),
        }
        state |= dict(zip(names, session.run(feed).values()))
        trace.append(state["parameter"])
    return trace


def run_schedule(component: Component, properties: Mapping, steps: Sequence[int], total_steps: int) -> list[float]:
    """The value of a schedule at each of *steps*."""
    graph = Graph("schedule")
    tensors = Tensors(graph)
    net = OptimizerNet(tensors, installed(), "schedule", training=True)
    graph.output(net.call(component, net.step, **complete(component, properties)), "value")
    session = _session(graph)
    feeds = ({"step": np.array(step), "total_steps": np.array(total_steps)} for step in steps)
    return [float(session.run(feed)["value"]) for feed in feeds]


def _lowered(
    component: Component, properties: Mapping, specs: Sequence[Spec], training: bool
) -> tuple[Net, list[Value]]:
    graph = Graph("layer")
    net = Net(Tensors(graph), installed(), "layer", training=training)
    inputs = [graph.input(f"input_{k}", dtype, shape) for k, (dtype, shape) in enumerate(specs)]
    with graph.scope("layer"):
        result = net.lower(component, inputs, properties)
    outputs = list(result.values()) if isinstance(result, dict) else [result]
    assert all(isinstance(value, Value) for value in outputs), f"{component.type} returned {result!r}"
    return net, outputs


def _held(tensors: Tensors, weights: Mapping | None) -> dict[str, np.ndarray]:
    """Values for all tensors of a layer: those given, else initial ones."""
    values = initial(tensors, seed=_SEED)
    for name, statistic in tensors.statistics.items():
        random = np.random.default_rng(zlib.crc32(name.encode()))
        low = 1.5 if statistic.kind == "maximum" else 0.5 if statistic.kind == "standard_deviation" else -0.5
        values[name] = (low + random.random(statistic.shape)).astype("float32")
    held = {name.removeprefix("layer/"): value for name, value in values.items()}
    return held | {name: np.asarray(value, "float32") for name, value in (weights or {}).items()}


def _run_copy(
    component: Component, properties: Mapping, specs: Sequence[Spec], feed: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    net, outputs = _lowered(component, properties, specs, True)
    for value in outputs:
        net.graph.output(value)
    return _run(net.graph, feed)


def _session(graph: Graph) -> Session:
    return open_runtime().session(to_model(prune_inputs(verify(prune(graph), "testing"))))


def _run(graph: Graph, feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    return list(_session(graph).run({"seed": np.array(_SEED), "step": np.array(_STEP), **feed}).values())


def _spec_of(array: np.ndarray) -> Spec:
    return array.dtype, ["N", *array.shape[1:]]


def _named_spec(shape: tuple) -> Spec:
    return (shape[0], list(shape[1:])) if isinstance(shape[0], str) and shape[0] != "N" else ("float32", list(shape))


def _sample(random: np.random.Generator, dtype: Any, shape: Sequence[int]) -> np.ndarray:
    if np.dtype(dtype).kind in "iu":
        return random.integers(0, 3, shape).astype(dtype)
    return random.standard_normal(shape).astype(dtype)


def _without_references(schema: Mapping) -> dict:
    """The schema without the parts that only the composed document defines."""
    properties = {key: value for key, value in schema.get("properties", {}).items() if "$ref" not in value}
    references: dict[str, dict] = {key: {} for key, value in schema.get("properties", {}).items() if "$ref" in value}
    return {**schema, "properties": {**properties, **references}, "additionalProperties": False}
