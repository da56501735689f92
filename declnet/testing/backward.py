"""Run a layer and its gradient, to be held against another implementation of the same layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from declnet.autodiff import differentiate
from declnet.component import Component
from declnet.graph import dims
from declnet.plugins import installed
from declnet.target import STANDARD, Target, named
from declnet.testing.layers import _held, _lowered, _run, _spec_of


def layer_gradients(
    component: Component,
    properties: Mapping,
    inputs: Sequence[np.ndarray],
    output_gradients: Sequence[np.ndarray],
    *,
    weights: Mapping[str, np.ndarray] | None = None,
    training: bool = True,
    target: Target | str = STANDARD,
) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """Run a layer forward and backward.

    Args:
        output_gradients: what each output is multiplied by before all are summed up to the loss.
        weights: values of weights and states, by their names within the layer; the others are initial ones.
        training: whether the training graph is run, or the inference graph.
        target: what the gradient is made for, or its name: "standard", "training", "web".

    Returns:
        The outputs; and the gradients of the loss by ``input_0``, ``input_1``, ... and by the name of each weight,
        without those that do not reach the loss.
    """
    net, outputs = _lowered(component, properties, [_spec_of(array) for array in inputs], training)
    graph, tensors = net.graph, net.tensors
    held = _held(tensors, weights)
    feed = {f"input_{k}": array for k, array in enumerate(inputs)} | {f"layer/{k}": v for k, v in held.items()}
    terms = []
    for k, (value, gradient) in enumerate(zip(outputs, output_gradients, strict=True)):
        feed[f"output_gradient_{k}"] = np.asarray(gradient, "float32")
        given = graph.input(f"output_gradient_{k}", "float32", dims(value))
        terms.append(graph.ReduceSum(value * given, keepdims=0))
    names = [f"input_{k}" for k, array in enumerate(inputs) if array.dtype.kind == "f"] + list(tensors.parameters)
    by_name = {value.name: value for value in graph.inputs}
    wrt = [by_name[name] for name in names]
    loss = terms[0] if len(terms) == 1 else graph.Sum(*terms)
    found = differentiate(graph, loss, wrt, target=named(target), rules=installed().gradients)
    reached = {name: value for name, value in zip(names, found) if value is not None}
    for k, value in enumerate(outputs):
        graph.output(value, f"output_{k}")
    for name, value in reached.items():
        graph.output(value, f"{name}_gradient")
    results = _run(graph, feed)
    gradients = dict(zip((name.removeprefix("layer/") for name in reached), results[len(outputs) :]))
    return results[: len(outputs)], gradients
