"""What a legal graph is; run between the stages of the compiler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import onnx_ir as ir

from declnet.errors import GraphError
from declnet.graph.bodies import captured
from declnet.graph.graph import Graph
from declnet.graph.types import infer
from declnet.graph.value import describe, dims, may_equal
from declnet.wording import type_text


def verify(graph: Graph, stage: str) -> Graph:
    """Return *graph* if it is legal; *stage* says, in the message, who broke it.

    Legal means: every value has a name of its own and a type; a value is made before it is read; outputs exist;
    nothing is there that no output needs.

    Raises:
        GraphError: it is not.
    """
    made = {*graph.ir.inputs, *graph.ir.initializers.values()}
    names = {value.name for value in made}
    for node in graph.ir:
        for value in (*node.inputs, *captured(node)):
            if value is not None and value not in made:
                _fail(stage, f"{node.op_type} {node.name!r} reads {value.name!r}, which nothing has made before it")
        for value in node.outputs:
            if value.name and value.name in names:
                _fail(stage, f"two values are called {value.name!r}")
            if value.name and value.type is None and value.uses():
                _fail(stage, f"{value.name!r}, made by {node.op_type}, has no type")
            names.add(value.name)
            made.add(value)
    for value in graph.ir.outputs:
        if value not in made:
            _fail(stage, f"nothing makes the output {value.name!r}")
    return graph


def verify_types(graph: Graph, nodes: Iterable[ir.Node], stage: str) -> None:
    """Check that the outputs of *nodes* have the types that ONNX infers; those of other domains it does not know.

    Raises:
        GraphError: one has another.
    """
    for node in nodes:
        if node.domain:
            continue
        try:
            found = infer(node, graph.opset, graph._known)
        except GraphError as error:
            _fail(stage, error.diagnostics[0].message)
        for value, (dtype, shape) in zip(node.outputs, found):
            if value.name and not (dtype in (None, value.dtype) and may_equal(shape, dims(value))):
                gives = type_text(dtype, shape)
                _fail(stage, f"{value.name!r} is said to be {describe(value)}, and {node.op_type} gives {gives}")


def _fail(stage: str, message: str) -> NoReturn:
    raise GraphError(f"after {stage}: {message}", hint="this is a defect of declnet or of a plugin, not of the spec")
