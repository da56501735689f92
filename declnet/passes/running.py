"""Run passes over a graph, and refuse what they must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from declnet.errors import GraphError, PluginError
from declnet.graph import Graph, verify
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
        PluginError: a pass returns something else than the graph, or leaves one that is not legal.
    """
    held = _structure(graph)
    for each in passes:
        try:
            result = each.function(graph, target)
            if result is not graph:
                raise GraphError(f"it returns {result!r}, not the graph that it was given")
            if _structure(graph) != held:
                _sort(graph)
                held = _structure(verify(graph, "it"))
        except GraphError as error:
            message = f"{each}: {error.diagnostics[0].message}"
            raise PluginError(message, hint=f"mend or uninstall {each.distribution}") from error
    return graph


def _structure(graph: Graph) -> list[tuple[object, ...]]:
    """Which nodes there are, in which order, and what they read: a pass that changed nothing need not be checked."""
    return [tuple(graph.ir.outputs), *((node, *node.inputs) for node in graph.ir)]


def _sort(graph: Graph) -> None:
    """Bring each node before those that read it: an equal call may have given a value that was made further behind."""
    try:
        graph.ir.sort()
    except ValueError:
        raise GraphError("it leaves a graph in which a value is made of itself") from None
