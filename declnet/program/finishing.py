"""The end of each graph: what nothing needs goes, the last passes run, and what is left is verified."""

from __future__ import annotations

import onnx

from declnet import passes
from declnet.graph import Graph, prune, prune_inputs, to_model, verify
from declnet.plugins import Plugins
from declnet.target import Target


def finish(graph: Graph, after: str, target: Target, plugins: Plugins) -> Graph:
    """Return *graph* without what no output needs, in the form that passes of the stage "finished" give it.

    Args:
        after: what has made it, for the message.

    Raises:
        GraphError: it is not legal.
        PluginError: a pass does what it must not.
    """
    verify(prune(graph), after)
    if any(each.stage == "finished" for each in plugins.passes):
        prune(passes.run(graph, target, plugins.passes, "finished"))
    return graph


def finished_model(graph: Graph, after: str, target: Target, plugins: Plugins) -> onnx.ModelProto:
    """The model of *graph* once it is finished, without inputs that nothing reads; see ``finish``."""
    return to_model(prune_inputs(finish(graph, after, target, plugins)), ir_version=target.ir_version)
