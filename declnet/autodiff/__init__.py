"""Reverse-mode differentiation of ONNX graphs, in ONNX operators.

``differentiate`` adds the gradient of a scalar to a graph under construction; ``gradient_model`` (public as
``declnet.gradient``) does it for a finished model. Knows graphs and targets, no specs,
layers, plugins or runtimes.
"""

from declnet.autodiff.engine import differentiate
from declnet.autodiff.model import gradient_model
from declnet.autodiff.node import Node
from declnet.autodiff.registry import Entry, Rule, Rules, flat, gradient
from declnet.autodiff.rules import BUILT_IN

__all__ = [
    "BUILT_IN",
    "Entry",
    "Node",
    "Rule",
    "Rules",
    "differentiate",
    "flat",
    "gradient",
    "gradient_model",
]
