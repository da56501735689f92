"""Steps in two halves, the gradient and the update, and what lies between them: a sum over parts of the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx

from declnet.data import Rows
from declnet.errors import RunError
from declnet.program import Program
from declnet.runtime import Runtime, Session, Tensor
from declnet.training.stepper import Stepper

#: What keeps the random numbers of the parts of a batch apart: the odd number nearest to 2**32 / golden ratio.
PART = 0x9E3779B9


class Halves(Stepper):
    """Gradient, reduction, update: for one worker of several, each of which trains on its part of every batch.

    The gradient is that of the mean over the whole batch: each part's, times its share of the rows, summed. New states
    (running statistics) and losses are summed in the same way. A loss that weighs its rows is the mean of the means of
    the parts, as in every framework.

    Args:
        reduce: the sum over all workers of one float32 vector, the same for each: an all-reduce. By default there is
            one worker.
        worker, workers: which of how many this is, counted from 0.

    Raises:
        RunError: there is no such worker.
    """

    def __init__(self, reduce: Callable[[np.ndarray], np.ndarray] | None = None, *, worker: int = 0, workers: int = 1):
        if not 0 <= worker < workers:
            found, allowed = f"worker {worker} of {workers}", f"0 to {max(workers, 1) - 1}, of 1 worker or more"
            raise RunError("there is no such worker", found=found, allowed=allowed)
        self._reduce, self._worker, self._workers = reduce, worker, workers
        self.name = f"parts {workers}"

    def begin(
        self,
        program: Program,
        rows: Rows,
        values: Mapping[str, np.ndarray],
        runtime: Runtime,
        threads: int | None = None,
    ) -> None:
        how: dict[str, Any] = {"denormals": False}
        self._halves = [
            (runtime.session(half.gradient, **how), runtime.session(half.update, **how), _shapes(half.gradient))
            for half in program.halves
        ]
        self._rows, self._program = rows, program
        self._tensors = {n: runtime.tensor(np.array(v)) for n, v in values.items() if n not in rows.columns}
        self._seed = int(values["seed"])
        self._losses: dict[str, np.float32] = {}

    def step(self, index: np.ndarray) -> None:
        parts = np.array_split(index, self._workers)
        shares = [(k, parts[k], len(parts[k]) / len(index)) for k in self._mine() if len(parts[k])]
        for gradient, update, shapes in self._halves:
            summed = self._sum(gradient, shares, shapes)
            self._losses |= {name: np.float32(summed[name]) for name in self._program.losses if name in summed}
            self._keep(summed)
            news = update.run({**self._tensors, **{n: v for n, v in summed.items() if n.endswith("_grad")}})
            count = news.pop("step_next")
            self._keep(news)
        # All objectives of a step have one number.
        self._tensors["step"].set(count)
        if len(self._halves) > 1:
            terms = [self._losses[f"loss/{objective.name}"] for objective in self._program.spec.objectives]
            self._losses["loss"] = np.sum(terms, dtype=np.float32)
        for total in self._program.totals:
            value = self._losses[total.replace("loss_total", "loss", 1)] * np.float32(len(index))
            self._tensors[total].set(np.asarray(self._tensors[total].numpy() + value))

    def losses(self) -> dict[str, float]:
        return {name: float(self._losses[name]) for name in self._program.losses}

    def tensors(self) -> Mapping[str, Tensor]:
        return self._tensors

    def state(self) -> dict[str, np.ndarray]:
        return {name: np.array(self._tensors[name].numpy()) for name in self._program.carried}

    def set(self, name: str, value: np.ndarray) -> None:
        self._tensors[name].set(value)

    def _mine(self) -> list[int]:
        """The numbers of the parts that are computed here."""
        return [self._worker]

    def _sum(
        self, gradient: Session, parts: list[tuple[int, np.ndarray, float]], shapes: Mapping[str, tuple[int, ...]]
    ) -> dict[str, np.ndarray]:
        """What *gradient* gives for each of *parts* (number, rows, share), times the share, summed over all workers."""
        sizes = [int(np.prod(shape)) for shape in shapes.values()]
        whole = np.zeros(sum(sizes), "float32")
        for k, (number, index, share) in enumerate(parts):
            seed = np.array(_seed(self._seed, number))
            results = gradient.run({**self._tensors, **self._rows.take(index), "seed": seed}, list(shapes))
            flat = np.concatenate([results[name].reshape(-1) for name in shapes]) * np.float32(share)
            whole = whole + flat if k else flat
        if self._reduce is not None:
            whole = self._reduce(whole)
        pieces = np.split(whole, np.cumsum(sizes)[:-1])
        return {name: piece.reshape(shape) for (name, shape), piece in zip(shapes.items(), pieces)}

    def _keep(self, results: Mapping[str, np.ndarray]) -> None:
        for name, value in results.items():
            if name.endswith("_next"):
                held = self._tensors[name.removesuffix("_next")]
                held.set(value.reshape(held.numpy().shape))


class Accumulate(Halves):
    """A batch in *parts*, one after the other, before one update: the memory of a part, the step of the whole.

    It ends where as many workers end, one for each part.

    Raises:
        RunError: there is no part.
    """

    def __init__(self, parts: int):
        if parts < 1:
            raise RunError("a batch cannot be parted so", found=f"{parts} parts", allowed="1 part or more")
        super().__init__(workers=parts)

    def _mine(self) -> list[int]:
        return list(range(self._workers))


def _shapes(gradient: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shapes of what a gradient graph gives, all of them known."""
    return {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim) for value in gradient.graph.output
    }


def _seed(seed: int, part: int) -> int:
    """The seed of the random numbers of a part: that of the run for the first."""
    return (seed + part * PART) % 2**31
