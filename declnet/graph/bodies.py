"""Bodies: the graphs inside a Scan, Loop or If, and what they read from the graphs around them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import cast

import onnx_ir as ir

from declnet.graph.value import Value

# Two calls of these are two draws.
RANDOM = {
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
    *("Multinomial", "Bernoulli", "Dropout"),
}


def bodies(node: ir.Node) -> list[ir.Graph]:
    """The bodies of *node*: one for a Scan or Loop, two for an If; none for most operators."""
    return [attribute.value for attribute in node.attributes.values() if attribute.type == ir.AttributeType.GRAPH]


def inputs(node: ir.Node) -> tuple[Value | None, ...]:
    """The inputs of a node in a Graph: there, unlike in onnx-ir alone, all values are Values."""
    return cast("tuple[Value | None, ...]", tuple(node.inputs))


def outputs(node: ir.Node) -> tuple[Value, ...]:
    """The outputs of a node in a Graph."""
    return cast("tuple[Value, ...]", tuple(node.outputs))


def maker(value: ir.Value) -> ir.Node:
    """The node that makes *value*, which is no input and no constant."""
    node = value.producer()
    assert node is not None, f"no node makes {value.name!r}"
    return node


def reads(node: ir.Node) -> Iterator[Value]:
    """The values that *node* or a body of it reads."""
    yield from (value for value in inputs(node) if value is not None)
    for body in bodies(node):
        for inner in body:
            yield from reads(inner)
        yield from cast("list[Value]", body.outputs)


def captured(node: ir.Node) -> tuple[Value, ...]:
    """The values from outside that the bodies of *node* read, each once."""
    return tuple(dict.fromkeys(value for body in bodies(node) for value in outer_reads(body)))


def discard(graph: ir.Graph, nodes: Collection[ir.Node]) -> None:
    """Remove *nodes*, which nothing else reads, from *graph*, and let go of what their bodies read."""
    for node in nodes:
        for body in bodies(node):
            for inner in body.all_nodes():
                for index in range(len(inner.inputs)):
                    inner.replace_input_with(index, None)
    graph.remove(nodes, safe=True)


def is_random(node: ir.Node) -> bool:
    """Whether *node* gives something else each time it runs."""
    return node.op_type in RANDOM and not node.domain


def outer_reads(body: ir.Graph) -> list[Value]:
    """The values that *body* reads and does not make, each once."""
    own: set[ir.Value] = {*body.inputs, *body.initializers.values()}
    found: dict[Value, None] = {}
    for node in body:
        values = [value for value in inputs(node) if value is not None]
        values += [value for inner in bodies(node) for value in outer_reads(inner)]
        found.update(dict.fromkeys(value for value in values if value not in own))
        own.update(node.outputs)
    found.update(dict.fromkeys(value for value in cast("list[Value]", body.outputs) if value not in own))
    return list(found)
