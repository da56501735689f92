"""The model that is served: features in, declared outputs out, trained values inside."""

from __future__ import annotations

import copy
import functools
import json
import operator
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir

import declnet
from declnet import passes
from declnet.errors import RunError
from declnet.graph import Value, to_model, verify
from declnet.lowering import Lowered, add_outputs
from declnet.plugins import Plugins
from declnet.program.finishing import finish
from declnet.schema import paths
from declnet.spec import Spec
from declnet.target import STANDARD
from declnet.wording import shape_text

PREFIX = "declnet."


def served_model(
    lowered: Lowered, weights: Mapping[str, np.ndarray], metadata: Mapping | None = None
) -> onnx.ModelProto:
    """The graph that serves a spec, for any number of rows; *lowered* is changed.

    Dropout is gone, and batch normalization uses its running statistics: what layers do when they do not train. The
    trained values keep their names, so that a file can be trained on.

    Args:
        lowered: the layers of the spec, not for training.
        weights: a value for each parameter, state and statistic.
        metadata: JSON values by name, stored beside those of ``describe`` under ``declnet.NAME``.

    Raises:
        SpecError: an output does not fit.
        RunError: a value is missing, or has another shape.
    """
    add_outputs(lowered)
    graph, tensors = lowered.graph, lowered.tensors
    passes.run(graph, STANDARD, lowered.plugins.passes)
    finish(graph, "lowering", STANDARD, lowered.plugins)
    held = set(tensors.held)
    for value in graph.inputs:
        if value.name in held and (value.uses() or value.is_graph_output()):
            value.const_value = ir.tensor(_fitting(weights, value), name=value.name)
            graph.ir.initializers[value.name] = value
        # Who serves a model that draws may choose other draws.
        if value.name not in tensors.features and not (value.name == "seed" and value.uses()):
            graph.ir.inputs.remove(value)
    model = to_model(verify(graph, "export"))
    add_metadata(model, describe(lowered.spec, lowered.plugins) | dict(metadata or {}))
    onnx.checker.check_model(model, full_check=True)
    return model


def describe(spec: Spec, plugins: Plugins) -> dict:
    """What a file tells about its model: the spec, the versions, and the meaning of inputs and outputs."""
    return {
        "spec": _portable(spec.document, plugins),
        "version": declnet.__version__,
        "plugins": dict(sorted(plugins.distributions.items())),
        "inputs": {name: {"dtype": given.dtype, "shape": list(given.shape)} for name, given in spec.inputs.items()},
        "outputs": spec.document["outputs"],
    }


def _portable(document: dict, plugins: Plugins) -> dict:
    """The spec without the folders of this machine: of a path to data, its last part."""
    document = copy.deepcopy(document)
    for *parents, key in paths(document, plugins):
        node = functools.reduce(operator.getitem, parents, document)
        node[key] = Path(node[key]).name
    return document


def add_metadata(model: onnx.ModelProto, metadata: Mapping) -> None:
    """Store JSON values in *model*."""
    for name, value in metadata.items():
        model.metadata_props.add(key=PREFIX + name, value=json.dumps(value, ensure_ascii=False))


def _fitting(weights: Mapping[str, np.ndarray], value: Value) -> np.ndarray:
    shape = tuple(value.shape)
    found = weights[value.name].shape if value.name in weights else None
    if found != shape:
        raise RunError(
            f"the weights do not fit the spec: {value.name!r}",
            code="DN5002",
            found="no such tensor" if found is None else shape_text(found),
            allowed=shape_text(shape),
            hint="weights and spec must come from the same run",
        )
    return np.ascontiguousarray(weights[value.name], "float32")
