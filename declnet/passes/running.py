"""Run passes over a graph, and refuse what they must not do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import onnx_ir as ir

from declnet.errors import GraphError, PluginError
from declnet.graph import Graph, verify, verify_types
from declnet.target import Target

#: When a pass runs: over what layers and losses say, before it is differentiated; or over each finished graph.
Stage = Literal["layers", "finished"]

Function = Callable[[Graph, Target], Graph]


@dataclass(frozen=True)
class Staged:
    """A pass as a plugin offers it: a function, and the stage at which it runs."""

    function: Function
    stage: Stage = "layers"

    def __call__(self, graph: Graph, target: Target) -> Graph:
        return self.function(graph, target)


def graph_pass(*, stage: Stage) -> Callable[[Function], Staged]:
    """Say at which stage a pass runs: ``@graph_pass(stage="finished")``. A plain function runs at "layers".

    Args:
        stage: "layers": over what layers and losses say, before it is differentiated; "finished": over each graph
            that is to be run or served, when everything is in it.

    Raises:
        PluginError: there is no such stage.
    """
    if stage not in get_args(Stage):
        raise PluginError.unknown(f"a pass has no stage {stage!r}", stage, get_args(Stage))
    return lambda function: Staged(function, stage)


@dataclass(frozen=True)
class Pass:
    """A transformation, and who offers it: a plugin, of a distribution."""

    name: str
    function: Function
    plugin: str
    distribution: str
    stage: Stage = "layers"

    def __str__(self) -> str:
        return f"pass {self.name!r} of plugin {self.plugin} ({self.distribution})"


def run(
    graph: Graph,
    target: Target,
    passes: Iterable[Pass],
    stage: Stage = "layers",
    *,
    hidden: Collection[ir.Node] = (),
) -> Graph:
    """Let those of *passes* that are of *stage* put *graph* in a form for *target*, in turn; return the graph.

    Args:
        hidden: nodes that ``graph.nodes`` does not give them.

    Raises:
        PluginError: a pass returns something else than the graph, takes away or adds an input or output, or leaves a
            graph that is not legal.
    """
    passes = [each for each in passes if each.stage == stage]
    held = _structure(graph) if passes else []
    for each in passes:
        try:
            names = _names(graph)
            with graph.hiding(hidden):
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


def _checked(graph: Graph, before: list[object]) -> list[object]:
    """The structure of *graph*, which is verified where it is not as *before*."""
    after = _structure(graph)
    if after != before:
        _sort(graph)
        verify(graph, "it")
        old, new = _by_node(before), _by_node(after)
        changed = [node for node in graph.ir if new[node] != old.get(node)]
        readers = [usage.node for node in changed for value in node.outputs for usage in value.uses()]
        verify_types(graph, [node for node in dict.fromkeys([*changed, *readers]) if node.graph is graph.ir], "it")
    return after


def _structure(graph: Graph) -> list[object]:
    """The outputs, and each node with all that it says: what is as it was need not be checked.

    In one list, since this is done for every pass: a tuple for each node takes half as long again.
    """
    found: list[object] = [*graph.ir.outputs]
    for node in graph.ir:
        found += (node, node.domain, node.op_type, *node.inputs, *node.attributes.data.values())
        for value in node.outputs:
            found += (value.dtype, value.shape and value.shape.dims)
    return found


def _by_node(structure: list[object]) -> dict[ir.Node | None, list[object]]:
    """What a structure tells of each node."""
    here: list[object] = []
    found: dict[ir.Node | None, list[object]] = {None: here}
    for each in structure:
        if isinstance(each, ir.Node):
            here = found[each] = []
        else:
            here.append(each)
    return found


def _names(graph: Graph) -> tuple[list[str | None], list[str | None]]:
    return [value.name for value in graph.ir.inputs], [value.name for value in graph.ir.outputs]


def _sort(graph: Graph) -> None:
    """Bring each node before those that read it: an equal call may have given a value that was made further behind."""
    try:
        graph.ir.sort()
    except ValueError:
        raise GraphError("it leaves a graph in which a value is made of itself") from None
