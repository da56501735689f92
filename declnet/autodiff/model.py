"""``declnet.gradient``: the gradient of any ONNX model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import onnx

from declnet.autodiff.engine import differentiate
from declnet.errors import GraphError
from declnet.graph import Graph, Value, from_model, prune, to_model, verify
from declnet.graph.bodies import outputs
from declnet.target import Target, named


def gradient_model(
    model: onnx.ModelProto,
    *,
    loss: str,
    wrt: Sequence[str],
    target: Target | str = "standard",
    allow_unused: bool = False,
) -> onnx.ModelProto:
    """The *model* with gradients: its own outputs, then ``<name>_grad`` for each name in *wrt*, in order.

    Where the model has such a name already, being itself a result of this function say, ``<name>_grad_1`` follows.

    Args:
        model: any ONNX model; its own functions are inlined, older opsets are converted.
        loss: the name of a floating-point scalar of the model: an output, or any value inside.
        wrt: names of inputs or initializers; initializers become inputs of the result.
        target: what the result is to run on: "standard" (any runtime: ai.onnx operators only), "training" (also the
            gradient kernels of onnxruntime-training builds), "web" (what browsers and small runtimes have).
        allow_unused: give zeros for a name that does not reach the loss, instead of refusing.

    Raises:
        GraphError: the model is not valid, or not whole; a name does not exist, is no floating-point tensor, or does
            not reach the loss; the loss is not a scalar.
        BackendError: no target has that name.
        MissingGradient: an operator on the way has no gradient.
    """
    target = named(target)
    _check_names(wrt)
    graph = from_model(model, inputs=wrt, opset=target.opset)
    values = {value.name: value for value in _values(graph)}
    parameters = [_parameter(name, values) for name in wrt]
    gradients = differentiate(graph, _named(loss, values, "loss"), parameters, target=target)
    unused = [name for name, dx in zip(wrt, gradients) if dx is None]
    if unused and not allow_unused:
        raise GraphError(
            f"the loss {loss!r} does not depend on {', '.join(map(repr, unused))}",
            code="DN3003",
            hint="leave them out of wrt, or pass allow_unused=True to get zeros",
        )
    for name, value, dx in zip(wrt, parameters, gradients):
        if dx is None:
            dx = graph.Expand(graph.constant(np.zeros(()), value.dtype), graph.Shape(value))
        graph.output(dx, graph.free(f"{name}_grad"))
    return to_model(verify(prune(graph), "differentiation"), ir_version=target.ir_version)


def _check_names(wrt: Sequence[str]) -> None:
    if isinstance(wrt, str) or not wrt:
        allowed = "a list of names of inputs and initializers"
        raise GraphError(f"wrt is {wrt!r}", code="DN3003", allowed=allowed)
    twice = [name for k, name in enumerate(wrt) if name in wrt[:k]]
    if twice:
        raise GraphError(f"wrt names {twice[0]!r} twice", code="DN3003")


def _values(graph: Graph) -> Iterator[Value]:
    yield from cast("list[Value]", [*graph.ir.inputs, *graph.ir.initializers.values()])
    for node in graph.ir:
        yield from outputs(node)


def _named(name: str, values: dict[str, Value], what: str) -> Value:
    if name not in values:
        known = [each for each in values if each]
        raise GraphError.unknown(f"the model has no value {name!r} ({what})", name, known, code="DN3003")
    return values[name]


def _parameter(name: str, values: dict[str, Value]) -> Value:
    value = _named(name, values, "wrt")
    if value.producer() is not None:
        raise GraphError(f"wrt names {name!r}, which a node makes", code="DN3003", allowed="inputs and initializers")
    if value.dtype is None or not value.dtype.is_floating_point():
        raise GraphError(f"wrt names {value!r}", code="DN3003", allowed="floating-point tensors")
    return value
