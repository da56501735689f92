"""Run the step graph: parameters, states and slots stay on the device, in two buffers that take turns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnxruntime

from declnet import backend
from declnet.data import gather
from declnet.training.denormals import flushing
from declnet.training.step import TrainingGraphs


class Runner:
    """A session of the step graph, with all its tensors bound.

    Each step reads one buffer and writes the other, so nothing is copied and nothing is allocated; the host
    gathers the rows of a batch and else only starts the run.

    Args:
        carried: the first value of every input that the step graph hands on (``graphs.carried``).
        constants: the values of its other inputs, data columns aside: seed, total_steps, frozen parameters.
        columns: the training data.
        profile, threads: see ``backend.session``.
    """

    def __init__(
        self,
        graphs: TrainingGraphs,
        carried: Mapping[str, np.ndarray],
        constants: Mapping[str, np.ndarray],
        columns: Mapping[str, np.ndarray],
        *,
        device: backend.Device,
        profile: str | None = None,
        threads: int | None = None,
    ):
        self.totals = graphs.totals
        self._device = device
        self._flushed = flushing()
        with self._flushed():
            how = {"profile": profile, "threads": threads, "denormals": False}
            self._session = backend.session(graphs.step.SerializeToString(), device, **how)
        inputs = [given.name for given in self._session.get_inputs()]
        self._carried = [name for name in inputs if name in set(graphs.carried)]
        self._constants = {n: device.put(v) for n, v in constants.items() if n in inputs and n not in self._carried}
        self._columns = {name: column for name, column in columns.items() if name in inputs}
        outputs = [output.name for output in self._session.get_outputs()]
        self._losses = {name: device.put(np.zeros((), "float32")) for name in outputs if not name.endswith("_next")}
        first = {name: np.array(carried[name]) for name in self._carried}
        self._buffers = [
            {name: device.put(value) for name, value in first.items()},
            {name: device.put(np.zeros_like(value)) for name, value in first.items()},
        ]
        # On the CPU an OrtValue borrows the array's memory: keep the arrays alive.
        self._alive: list = [first, constants]
        self._turn = 0
        self._bindings: dict[tuple[int, int], tuple] = {}

    def step(self, index: np.ndarray) -> None:
        """Train on the rows *index* of the columns."""
        binding, batch, held = self._binding(len(index))
        gather(self._columns, index, out=batch)
        if held is not None:
            for name, value in held.items():
                value.update_inplace(batch[name])
        with self._flushed():
            self._session.run_with_iobinding(binding)
        self._turn = 1 - self._turn

    def loss(self) -> float:
        """The loss of the last step."""
        return float(self._losses["loss"].numpy().reshape(()))

    def tensors(self) -> Mapping[str, onnxruntime.OrtValue]:
        """The present tensors, where they are."""
        return {**self._constants, **self._buffers[self._turn]}

    def values(self) -> dict[str, np.ndarray]:
        """Copies of what the step graph carries on."""
        return {name: np.array(value.numpy()) for name, value in self._buffers[self._turn].items()}

    def set(self, name: str, value: np.ndarray) -> None:
        """Replace a carried tensor."""
        self._buffers[self._turn][name].update_inplace(value)

    def end_profiling(self) -> str:
        """Stop profiling; the path of the profile."""
        return self._session.end_profiling()

    def _binding(self, rows: int):
        """The binding for a batch of *rows* and the present turn, the arrays of its batch, their device tensors."""
        key = rows, self._turn
        if key not in self._bindings:
            other = self._bindings.get((rows, 1 - self._turn))
            if other:
                _, batch, held, values = other
            else:
                batch = {n: np.empty((rows, *c.shape[1:]), c.dtype) for n, c in self._columns.items()}
                values = {name: self._device.put(array) for name, array in batch.items()}
                held = values if self._device.kind != "cpu" else None
            self._bindings[key] = self._bind(values), batch, held, values
        return self._bindings[key][:3]

    def _bind(self, batch: Mapping[str, onnxruntime.OrtValue]):
        binding = self._session.io_binding()
        here, there = self._buffers[self._turn], self._buffers[1 - self._turn]
        for name, value in {**batch, **self._constants, **here}.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in self._losses.items():
            binding.bind_ortvalue_output(name, value)
        for name, value in there.items():
            binding.bind_ortvalue_output(f"{name}_next", value)
        return binding
