"""A pass: what a runtime lacks is said in other words."""

from declnet import Graph, Target


def relu_by_max(graph: Graph, target: Target) -> Graph:
    """Take the maximum with 0 in place of Relu, for targets that avoid it."""
    if "Relu" in target.avoid:
        for relu in graph.nodes("Relu"):
            with graph.replacing(relu):
                graph.substitute(relu.outputs[0], graph.Max(relu.inputs[0], 0.0))
    return graph
