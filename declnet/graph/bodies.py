"""Bodies: the graphs inside a Scan, Loop or If, and what they read from the graphs around them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import onnx_ir as ir

# Two calls of these are two draws.
RANDOM = {
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
    *("Multinomial", "Bernoulli", "Dropout"),
}


def bodies(node: ir.Node) -> list[ir.Graph]:
    """The bodies of *node*: one for a Scan or Loop, two for an If; none for most operators."""
    return [attribute.value for attribute in node.attributes.values() if attribute.type == ir.AttributeType.GRAPH]


def reads(node: ir.Node) -> Iterator[ir.Value]:
    """The values that *node* or a body of it reads."""
    yield from (value for value in node.inputs if value is not None)
    for body in bodies(node):
        for inner in body:
            yield from reads(inner)
        yield from body.outputs


def captured(node: ir.Node) -> tuple[ir.Value, ...]:
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


def outer_reads(body: ir.Graph) -> list[ir.Value]:
    """The values that *body* reads and does not make, each once."""
    own = {*body.inputs, *body.initializers.values()}
    found: dict[ir.Value, None] = {}
    for node in body:
        values = [value for value in node.inputs if value is not None]
        values += [value for inner in bodies(node) for value in outer_reads(inner)]
        found.update(dict.fromkeys(value for value in values if value not in own))
        own.update(node.outputs)
    found.update(dict.fromkeys(value for value in body.outputs if value not in own))
    return list(found)
