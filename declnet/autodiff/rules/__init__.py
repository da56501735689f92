"""The gradient rules, one module per family; ``BUILT_IN`` holds what they say of operators."""

from declnet.autodiff.registry import Entry, Rules
from declnet.autodiff.rules import (
    absent,
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
    sampling,
    shapes,
    spectral,
)

_FAMILIES = (
    *(absent, activations, arithmetic, control, convolution, einsum, functions, indexing, linear, losses),
    *(normalization, pooling, recurrence, reductions, resizing, sampling, shapes, spectral),
)

BUILT_IN = Rules(entry for family in _FAMILIES for entry in vars(family).values() if isinstance(entry, Entry))
