"""The tensors with which a training begins."""

from __future__ import annotations

import numpy as np

from declnet.data import Rows
from declnet.initializers import initial
from declnet.program import Program
from declnet.runtime import Runtime
from declnet.training.fit import fit
from declnet.training.transfer import transfer


def first_values(program: Program, rows: Rows, runtime: Runtime) -> dict[str, np.ndarray]:
    """The tensors with which a training begins: weights, statistics fitted on *rows*, and zeros.

    Raises:
        RunError: the weights to begin with cannot be had from where ``initialize_from`` says.
    """
    training = program.training
    values = initial(program.tensors, seed=training.seed, plugins=program.plugins)
    if given := training.initialize_from:
        transfer(values, given.path, strict=given.strict)
    values |= fit(program, values, rows, runtime)
    values |= {slot.name: np.full(slot.shape, slot.initial, "float32") for slot in program.slots.values()}
    return values | {"step": np.array(0)} | {name: np.zeros((), "float32") for name in program.totals}
