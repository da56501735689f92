"""What only the speed of a runtime asks for: each file is one transformation, ``pass(graph, target) -> graph``.

Layers and losses say what they mean; passes put it in another form, with the same values, before a graph is
differentiated or served. One that says ``@graph_pass(stage="finished")`` runs when everything is in a graph: gradients,
updates, outputs. This package is a plugin like any other: a stranger's passes come by the same hook.
"""

from collections.abc import Callable

from declnet.graph import Graph
from declnet.hookspecs import hookimpl
from declnet.passes.activation_behind_max_pool import activation_behind_max_pool
from declnet.passes.log_softmax_by_formula import log_softmax_by_formula
from declnet.passes.running import Pass, Stage, Staged, graph_pass, run
from declnet.passes.where_by_product import where_by_product
from declnet.target import Target

__all__ = [
    "Pass",
    "Stage",
    "Staged",
    "activation_behind_max_pool",
    "graph_pass",
    "log_softmax_by_formula",
    "run",
    "where_by_product",
]


# Last, so that the passes of other plugins see what the layers have said.
@hookimpl(trylast=True)
def declnet_passes() -> list[Callable[[Graph, Target], Graph]]:
    return [activation_behind_max_pool, log_softmax_by_formula, where_by_product]
