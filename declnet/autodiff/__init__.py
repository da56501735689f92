"""Reverse-mode differentiation of ONNX graphs, in ONNX operators.

``differentiate`` adds the gradient of a scalar to a graph under construction; ``gradient_model`` (public as
``declnet.gradient``) does it for a finished model. Knows graphs only: no specs, layers, plugins or runtimes.
"""

from declnet.autodiff.engine import differentiate
from declnet.autodiff.model import gradient_model
from declnet.autodiff.registry import ABSENT, FLAT, FORMS, FUSED, RULES, Node, Rule, flat, gradient

__all__ = [
    "ABSENT",
    "FLAT",
    "FORMS",
    "FUSED",
    "RULES",
    "Node",
    "Rule",
    "differentiate",
    "flat",
    "gradient",
    "gradient_model",
]
