"""From a spec to a graph: wire the layers, call their functions, collect weights, states, losses and outputs."""

from declnet.lowering.explain import explain, explain_weight
from declnet.lowering.lowering import (
    Lowered,
    doubtful_objectives,
    lower,
    lower_layers,
    lower_objective,
    repeat_layers,
)
from declnet.lowering.net import Net
from declnet.lowering.outputs import add_outputs
from declnet.lowering.statistics import REDUCTIONS
from declnet.lowering.tensors import Parameter, State, Statistic, Tensors

__all__ = [
    "REDUCTIONS",
    "Lowered",
    "Net",
    "Parameter",
    "State",
    "Statistic",
    "Tensors",
    "add_outputs",
    "doubtful_objectives",
    "explain",
    "explain_weight",
    "lower",
    "lower_layers",
    "lower_objective",
    "repeat_layers",
]
