"""How one step of training is made: what the trainer asks of it, and the fastest way, the step graph as a whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from declnet.data import Rows
from declnet.program import Program
from declnet.runtime import Runtime, Tensor
from declnet.training.bound import Bound, buffers, following


class Stepper(ABC):
    """Makes the steps of one training, and holds its tensors.

    A stepper is made with its own settings and begins when the trainer hands it the rest, so that
    ``train(spec, stepper=Accumulate(4))`` reads as it should. ``name`` tells the settings on which the numbers depend,
    and a run goes on with a stepper of the same name.
    """

    name: str

    @abstractmethod
    def begin(self, program: Program, rows: Rows, values: Mapping[str, np.ndarray], runtime: Runtime) -> None:
        """Get ready to train *program* on *rows*.

        Args:
            values: the first value of everything that the step graph takes, data aside: ``program.carried``, frozen
                parameters, fitted statistics, "seed", "total_steps". They are copied.
        """

    @abstractmethod
    def step(self, index: np.ndarray) -> None:
        """Train on the rows at *index*."""

    @abstractmethod
    def losses(self) -> dict[str, float]:
        """The losses of the last step, by name: ``program.losses``."""

    @abstractmethod
    def tensors(self) -> Mapping[str, Tensor]:
        """All tensors as they are now, where they are: what is carried from step to step, and what stays."""

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """Copies of what is carried from step to step: of that, and the rows, everything later is a function."""

    @abstractmethod
    def set(self, name: str, value: np.ndarray) -> None:
        """Replace a tensor that is carried."""


class Whole(Stepper):
    """The step graph in one run: forward, backward and update without a pause.

    All tensors stay on the device, in two buffers that take turns: each step reads one and writes the other, so
    nothing is copied and nothing is allocated. The host gathers the rows of a batch and else only starts the run.
    """

    name = "whole"

    def begin(self, program: Program, rows: Rows, values: Mapping[str, np.ndarray], runtime: Runtime) -> None:
        assert program.step is not None, "a spec without training has no step"
        self._buffers = buffers(runtime, values, program.carried)
        self._constants = {n: runtime.tensor(np.array(v)) for n, v in values.items() if n not in program.carried}
        self._losses = {name: runtime.tensor(np.zeros((), "float32")) for name in program.losses}
        inputs = [{**self._constants, **here} for here in self._buffers]
        outputs = [{**self._losses, **following(there)} for there in reversed(self._buffers)]
        self._graph = Bound(program.step, rows, runtime, inputs, outputs)
        self._turn = 0

    def step(self, index: np.ndarray) -> None:
        self._graph.run(self._turn, index)
        self._turn = 1 - self._turn

    def losses(self) -> dict[str, float]:
        return {name: float(tensor.numpy().reshape(())) for name, tensor in self._losses.items()}

    def tensors(self) -> Mapping[str, Tensor]:
        return {**self._constants, **self._buffers[self._turn]}

    def state(self) -> dict[str, np.ndarray]:
        return {name: np.array(tensor.numpy()) for name, tensor in self._buffers[self._turn].items()}

    def set(self, name: str, value: np.ndarray) -> None:
        self._buffers[self._turn][name].set(value)
