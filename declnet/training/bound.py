"""A graph of a training, bound to its tensors once for each number of rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import onnx

from declnet.data import Rows
from declnet.runtime import Runtime, Tensor

Tensors = Mapping[str, Tensor]
NO_ROWS = np.arange(0)


def buffers(
    runtime: Runtime, values: Mapping[str, np.ndarray], names: Collection[str]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Tensors for what is called *names*, twice: with copies of *values*, and with room for the next ones."""
    first = {name: runtime.tensor(np.array(values[name])) for name in names}
    return first, {name: runtime.tensor(np.zeros_like(values[name])) for name in names}


def following(tensors: Tensors) -> dict[str, Tensor]:
    """*tensors* by the names that a graph has for their next values."""
    return {f"{name}_next": tensor for name, tensor in tensors.items()}


class _Run(NamedTuple):
    """Where the rows go, which tensors are not of the same memory, and what runs the graph."""

    arrays: dict[str, np.ndarray]
    copies: list[tuple[Tensor, np.ndarray]]
    start: Callable[[], None]


class Bound:
    """Runs of one graph, on rows, from tensors to tensors: nothing is copied but the rows, and nothing is allocated.

    What is carried from step to step lies in two buffers that take turns: a step reads one and writes the other.

    Args:
        rows: where the columns come from that the graph reads.
        inputs, outputs: the tensors of an even and of an odd turn, by name; inputs may hold more than the graph takes.

    Raises:
        BackendError: the runtime refuses the graph.
    """

    def __init__(
        self,
        model: onnx.ModelProto,
        rows: Rows,
        runtime: Runtime,
        inputs: Sequence[Tensors],
        outputs: Sequence[Tensors],
    ):
        self._session = runtime.session(model, denormals=False)
        names = self._session.inputs
        self._rows, self._runtime = rows, runtime
        self._fields = {name: field for name, field in rows.columns.items() if name in names}
        self._inputs = [{n: given[n] for n in names if n not in self._fields} for given in inputs]
        self._outputs = list(outputs)
        self._batches: dict[int, tuple[dict[str, np.ndarray], dict[str, Tensor]]] = {}
        self._runs: list[dict[int, _Run]] = [{}, {}]

    def run(self, turn: int, index: np.ndarray = NO_ROWS) -> None:
        """Run on the rows at *index*, in the turn 0 or 1."""
        runs, rows = self._runs[turn], len(index)
        if rows not in runs:
            runs[rows] = self._bind(turn, rows)
        arrays, copies, start = runs[rows]
        if arrays:
            self._rows.take(index, out=arrays)
        for tensor, array in copies:
            tensor.set(array)
        start()

    def _bind(self, turn: int, rows: int) -> _Run:
        arrays, tensors = self._batch(rows)
        copies = [(tensor, arrays[name]) for name, tensor in tensors.items() if tensor.host is not arrays[name]]
        return _Run(arrays, copies, self._session.bind({**tensors, **self._inputs[turn]}, self._outputs[turn]))

    def _batch(self, rows: int) -> tuple[dict[str, np.ndarray], dict[str, Tensor]]:
        """The arrays and tensors of a batch of *rows*; where the device is the host they are the same memory."""
        if rows not in self._batches:
            arrays = {name: np.empty((rows, *field.shape), field.dtype) for name, field in self._fields.items()}
            self._batches[rows] = arrays, {name: self._runtime.tensor(array) for name, array in arrays.items()}
        return self._batches[rows]
