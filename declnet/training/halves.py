"""Steps in two halves, the gradient and the update, and what lies between them: a sum over parts of the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import onnx

from declnet.data import Rows
from declnet.errors import RunError
from declnet.program import Program
from declnet.runtime import Runtime, Tensor
from declnet.training.bound import Bound, buffers, following
from declnet.training.stepper import Stepper
from declnet.wording import type_text

#: What keeps the random numbers of the parts of a batch apart: the odd number nearest to 2**32 / golden ratio.
PART = 0x9E3779B9


class _Pair(NamedTuple):
    """The halves of an objective; *results* are what the gradient gives, of *shapes*, and the update takes."""

    gradient: Bound
    update: Bound
    results: dict[str, Tensor]
    shapes: dict[str, tuple[int, ...]]


class Halves(Stepper):
    """Gradient, reduction, update: for one worker of several, each of which trains on its part of every batch.

    The gradient is that of the mean over the whole batch: each part's, times its share of the rows, summed. New states
    (running statistics) and losses are summed in the same way. A loss that weighs its rows is the mean of the means of
    the parts, as in every framework.

    Args:
        reduce: the sum over all workers of one float32 vector, the same for each: an all-reduce. Only one worker can
            do without.
        worker, workers: which of how many this is, counted from 0.

    Raises:
        RunError: there is no such worker, or nothing adds up what several give; in a step, *reduce* gives no sum.
    """

    def __init__(self, reduce: Callable[[np.ndarray], np.ndarray] | None = None, *, worker: int = 0, workers: int = 1):
        if not 0 <= worker < workers:
            found, allowed = f"worker {worker} of {workers}", f"0 to {max(workers, 1) - 1}, of 1 worker or more"
            raise RunError("there is no such worker", found=found, allowed=allowed)
        if reduce is None and workers > 1:
            raise RunError(
                "nothing adds up what the workers give: each would train on its own part of the rows alone",
                found=f"{workers} workers and no reduce",
                allowed="one worker, or reduce=",
                hint="give the sum over all workers, Halves(reduce, ...); in one process it is Accumulate(parts)",
            )
        self._reduce, self._worker, self._workers = reduce, worker, workers
        self.name = f"parts {workers}"

    def begin(self, program: Program, rows: Rows, values: Mapping[str, np.ndarray], runtime: Runtime) -> None:
        self._program, self._seed, self._turn = program, int(values["seed"]), 0
        halves = [(half, _shapes(half.gradient), _updated(half.update)) for half in program.halves]
        now, other = map(dict, buffers(runtime, values, {name for _, _, names in halves for name in names}))
        # States, which the reduction has on the host, and what stays as it is.
        self._single = {n: runtime.tensor(np.array(v)) for n, v in values.items() if n not in now}
        self._part = runtime.tensor(np.array(self._seed))
        # Where everything is before each objective, in two turns; what several of them update moves each time.
        self._begins: list[dict[str, Tensor]] = []
        given: list[list[dict[str, Tensor]]] = [[] for _ in halves]
        news: list[list[dict[str, Tensor]]] = [[] for _ in halves]
        for _turn in (0, 1):
            self._begins.append(dict(now))
            for k, (_, _, names) in enumerate(halves):
                given[k].append({**self._single, **now})
                news[k].append(following({name: other[name] for name in names}))
                for name in names - {"step"}:
                    now[name], other[name] = other[name], now[name]
            now["step"], other["step"] = other["step"], now["step"]
        self._pairs = []
        for k, (half, shapes, _) in enumerate(halves):
            results = {name: runtime.tensor(np.zeros(shape, "float32")) for name, shape in shapes.items()}
            seeded = [{**tensors, "seed": self._part} for tensors in given[k]]
            gradient = Bound(half.gradient, rows, runtime, seeded, [results, results])
            update = Bound(half.update, rows, runtime, [{**tensors, **results} for tensors in given[k]], news[k])
            self._pairs.append(_Pair(gradient, update, results, shapes))
        self._losses: dict[str, Any] = {}

    def step(self, index: np.ndarray) -> None:
        parts = np.array_split(index, self._workers)
        shares = [(k, parts[k], len(parts[k]) / len(index)) for k in self._mine() if len(parts[k])]
        for pair in self._pairs:
            summed = self._sum(pair, shares)
            self._losses |= {name: np.float32(summed[name]) for name in self._program.losses if name in summed}
            for name, value in summed.items():
                if name.endswith("_next"):
                    self._single[name.removesuffix("_next")].set(value)
                elif name.endswith("_grad"):
                    pair.results[name].set(value)
            pair.update.run(self._turn)
        self._turn = 1 - self._turn
        if len(self._pairs) > 1:
            terms = [self._losses[f"loss/{objective.name}"] for objective in self._program.spec.objectives]
            self._losses["loss"] = np.sum(terms, dtype=np.float32)
        for total, loss in self._program.totals.items():
            value = self._losses[loss] * np.float32(len(index))
            self._single[total].set(np.asarray(self._single[total].numpy() + value))

    def losses(self) -> dict[str, float]:
        return {name: float(self._losses[name]) for name in self._program.losses}

    def tensors(self) -> Mapping[str, Tensor]:
        return {**self._single, **self._begins[self._turn]}

    def state(self) -> dict[str, np.ndarray]:
        tensors = self.tensors()
        return {name: np.array(tensors[name].numpy()) for name in self._program.carried}

    def set(self, name: str, value: np.ndarray) -> None:
        self.tensors()[name].set(value)

    def _mine(self) -> list[int]:
        """The numbers of the parts that are computed here."""
        return [self._worker]

    def _sum(self, pair: _Pair, parts: list[tuple[int, np.ndarray, float]]) -> dict[str, np.ndarray]:
        """The gradient of each of *parts* (number, rows, share), times the share, summed over all workers."""
        sizes = [int(np.prod(shape)) for shape in pair.shapes.values()]
        whole = np.zeros(sum(sizes), "float32")
        for k, (number, index, share) in enumerate(parts):
            self._part.set(np.array(_seed(self._seed, number)))
            pair.gradient.run(self._turn, index)
            flat = np.concatenate([pair.results[name].numpy().reshape(-1) for name in pair.shapes]) * np.float32(share)
            whole = whole + flat if k else flat
        if self._reduce is not None:
            whole = _like(whole, self._reduce(whole))
        pieces = np.split(whole, np.cumsum(sizes)[:-1])
        return {name: piece.reshape(shape) for (name, shape), piece in zip(pair.shapes.items(), pieces)}


class Accumulate(Halves):
    """A batch in *parts*, one after the other, before one update: the memory of a part, the step of the whole.

    It ends where as many workers end, one for each part.

    Raises:
        RunError: there is no part.
    """

    def __init__(self, parts: int):
        if parts < 1:
            raise RunError("a batch cannot be parted so", found=f"{parts} parts", allowed="1 part or more")
        # All parts are here: their sum is that of all workers.
        super().__init__(lambda flat: flat, workers=parts)

    def _mine(self) -> list[int]:
        return list(range(self._workers))


def _shapes(gradient: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shapes of what a gradient graph gives, all of them known."""
    return {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim) for value in gradient.graph.output
    }


def _like(whole: np.ndarray, summed: object) -> np.ndarray:
    """What *reduce* gave for *whole*, if it can be a sum of such.

    Raises:
        RunError: it is something else.
    """
    if isinstance(summed, np.ndarray) and (summed.dtype, summed.shape) == (whole.dtype, whole.shape):
        return summed
    found = type_text(summed.dtype, summed.shape) if isinstance(summed, np.ndarray) else type(summed).__name__
    raise RunError(
        "reduce does not return a sum of what it is given",
        found=found,
        allowed=type_text(whole.dtype, whole.shape),
        hint="return the sum over all workers as a new array, of the same type and shape",
    )


def _updated(update: onnx.ModelProto) -> set[str]:
    """What an update graph gives a new value."""
    return {value.name.removesuffix("_next") for value in update.graph.output}


def _seed(seed: int, part: int) -> int:
    """The seed of the random numbers of a part: that of the run for the first."""
    return (seed + part * PART) % 2**31
