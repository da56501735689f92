"""Run passes over a graph, and refuse what they must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import onnx_ir as ir

from declnet.errors import GraphError, PluginError
from declnet.graph import Graph, dims, verify, verify_types
from declnet.target import Target


@dataclass(frozen=True)
class Pass:
    """A transformation, and who offers it: a plugin, of a distribution."""

    name: str
    function: Callable[[Graph, Target], Graph]
    plugin: str
    distribution: str

    def __str__(self) -> str:
        return f"pass {self.name!r} of plugin {self.plugin} ({self.distribution})"


def run(graph: Graph, target: Target, passes: Iterable[Pass]) -> Graph:
    """Let each of *passes* in turn put *graph* in a form for *target*; return the graph.

    Raises:
        PluginError: a pass returns something else than the graph, takes away or adds an input or output, or leaves a
            graph that is not legal.
    """
    held = _structure(graph)
    for each in passes:
        try:
            names = _names(graph)
            result = each.function(graph, target)
            if result is not graph:
                raise GraphError(f"it returns {result!r}, not the graph that it was given")
            held = _checked(graph, held)
            if _names(graph) != names:
                raise GraphError("it changes which inputs or outputs the graph has")
        except GraphError as error:
            message = f"{each}: {error.diagnostics[0].message}"
            raise PluginError(message, hint=f"mend or uninstall {each.distribution}") from error
    return graph


def _checked(graph: Graph, before: dict[ir.Node | None, tuple]) -> dict[ir.Node | None, tuple]:
    """The structure of *graph*, which is verified where it is not as *before*."""
    after = _structure(graph)
    if after == before and list(after) == list(before):
        return before
    _sort(graph)
    verify(graph, "it")
    changed = [node for node in graph.ir if after[node] != before.get(node)]
    readers = [usage.node for node in changed for value in node.outputs for usage in value.uses()]
    top = (node for node in dict.fromkeys([*changed, *readers]) if node.graph is graph.ir)
    verify_types(graph, top, "it")
    return after


def _structure(graph: Graph) -> dict[ir.Node | None, tuple]:
    """Each node, in order, with all that it says, and the outputs: what is as it was need not be checked."""
    found: dict[ir.Node | None, tuple] = {None: tuple(graph.ir.outputs)}
    for node in graph.ir:
        types = [(value.dtype, dims(value)) for value in node.outputs]
        found[node] = (node.domain, node.op_type, tuple(node.inputs), tuple(node.attributes.values()), types)
    return found


def _names(graph: Graph) -> tuple[list[str | None], list[str | None]]:
    return [value.name for value in graph.ir.inputs], [value.name for value in graph.ir.outputs]


def _sort(graph: Graph) -> None:
    """Bring each node before those that read it: an equal call may have given a value that was made further behind."""
    try:
        graph.ir.sort()
    except ValueError:
        raise GraphError("it leaves a graph in which a value is made of itself") from None
