"""How one step of training is made: what the trainer asks of it, and the fastest way, the step graph as a whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import numpy as np

from declnet.data import Rows
from declnet.program import Program
from declnet.runtime import Runtime, Tensor


class Stepper(ABC):
    """Makes the steps of one training, and holds its tensors.

    A stepper is made with its own settings and begins when the trainer hands it the rest, so that
    ``train(spec, stepper=Accumulate(4))`` reads as it should. ``name`` tells the settings on which the numbers depend,
    and a run goes on with a stepper of the same name.
    """

    name: str

    @abstractmethod
    def begin(
        self,
        program: Program,
        rows: Rows,
        values: Mapping[str, np.ndarray],
        runtime: Runtime,
    ) -> None:
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

    def begin(
        self,
        program: Program,
        rows: Rows,
        values: Mapping[str, np.ndarray],
        runtime: Runtime,
    ) -> None:
        assert program.step is not None, "a spec without training has no step"
        self._rows, self._runtime = rows, runtime
        self._session = runtime.session(program.step, denormals=False)
        inputs = set(self._session.inputs)
        carried = [name for name in program.carried if name in inputs]
        self._fields = {name: field for name, field in rows.columns.items() if name in inputs}
        self._constants = {
            name: runtime.tensor(np.array(value))
            for name, value in values.items()
            if name in inputs and name not in carried and name not in self._fields
        }
        self._losses = {name: runtime.tensor(np.zeros((), "float32")) for name in program.losses}
        self._buffers = [
            {name: runtime.tensor(np.array(values[name])) for name in carried},
            {name: runtime.tensor(np.zeros_like(values[name])) for name in carried},
        ]
        self._turn = 0
        self._batches: dict[int, tuple[dict[str, np.ndarray], dict[str, Tensor]]] = {}
        self._bound: dict[tuple[int, int], Callable[[], None]] = {}

    def step(self, index: np.ndarray) -> None:
        batch, tensors = self._batch(len(index))
        self._rows.take(index, out=batch)
        for name, tensor in tensors.items():
            tensor.set(batch[name])
        self._run(len(index), tensors)()
        self._turn = 1 - self._turn

    def losses(self) -> dict[str, float]:
        return {name: float(tensor.numpy().reshape(())) for name, tensor in self._losses.items()}

    def tensors(self) -> Mapping[str, Tensor]:
        return {**self._constants, **self._buffers[self._turn]}

    def state(self) -> dict[str, np.ndarray]:
        return {name: np.array(tensor.numpy()) for name, tensor in self._buffers[self._turn].items()}

    def set(self, name: str, value: np.ndarray) -> None:
        self._buffers[self._turn][name].set(value)

    def _batch(self, rows: int) -> tuple[dict[str, np.ndarray], dict[str, Tensor]]:
        """The arrays and tensors of a batch of *rows*; where the device is the host they are the same memory."""
        if rows not in self._batches:
            arrays = {name: np.empty((rows, *field.shape), field.dtype) for name, field in self._fields.items()}
            self._batches[rows] = arrays, {name: self._runtime.tensor(array) for name, array in arrays.items()}
        return self._batches[rows]

    def _run(self, rows: int, batch: Mapping[str, Tensor]) -> Callable[[], None]:
        """The step for a batch of *rows* in the present turn."""
        key = rows, self._turn
        if key not in self._bound:
            here, there = self._buffers[self._turn], self._buffers[1 - self._turn]
            news = {f"{name}_next": tensor for name, tensor in there.items()}
            self._bound[key] = self._session.bind({**batch, **self._constants, **here}, {**self._losses, **news})
        return self._bound[key]
