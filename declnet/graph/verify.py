"""What a legal graph is; run between the stages of the compiler."""

from __future__ import annotations

from typing import NoReturn

from declnet.errors import GraphError
from declnet.graph.bodies import captured
from declnet.graph.graph import Graph


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


def _fail(stage: str, message: str) -> NoReturn:
    raise GraphError(f"after {stage}: {message}", hint="this is a defect of declnet or of a plugin, not of the spec")
