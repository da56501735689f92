"""ONNX graphs: built one typed operator at a time, copied, verified, turned into models and text.

onnx-ir holds the graph; ``onnx`` says what an operator is and which types come out of it. Nothing in this package
knows of specs, layers or runtimes.
"""

from declnet.graph.bodies import inputs
from declnet.graph.graph import Graph
from declnet.graph.inline import inline
from declnet.graph.model import from_model, prune, prune_inputs, text, to_model
from declnet.graph.operators import Operators
from declnet.graph.value import Value, describe, dims, is_static, known_dims, may_equal
from declnet.graph.verify import verify, verify_types

__all__ = [
    "Graph",
    "Operators",
    "Value",
    "describe",
    "dims",
    "from_model",
    "inline",
    "inputs",
    "is_static",
    "known_dims",
    "may_equal",
    "prune",
    "prune_inputs",
    "text",
    "to_model",
    "verify",
    "verify_types",
]
