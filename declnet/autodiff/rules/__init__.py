"""The gradient rules, one module per family. Importing this package registers them."""

from declnet.autodiff.rules import (
    activations,
    arithmetic,
    control,
    convolution,
    einsum,
    functions,
    indexing,
    linear,
    losses,
    normalization,
    pooling,
    recurrence,
    reductions,
    resizing,
    shapes,
)

__all__ = [
    "activations",
    "arithmetic",
    "control",
    "convolution",
    "einsum",
    "functions",
    "indexing",
    "linear",
    "losses",
    "normalization",
    "pooling",
    "recurrence",
    "reductions",
    "resizing",
    "shapes",
]
