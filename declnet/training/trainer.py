"""The training loop: epochs of steps, the figures of each epoch, observers, exact resume."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from declnet.data import Splits, batches
from declnet.errors import RunError
from declnet.evaluation import Evaluator
from declnet.program import Program
from declnet.runtime import Runtime, open_runtime
from declnet.training.checkpoint import Checkpoint
from declnet.training.first_values import first_values
from declnet.training.observer import Observer
from declnet.training.stepper import Stepper, Whole

INTERRUPTED = "interrupted"


class Interrupted(KeyboardInterrupt):
    """The run was stopped by a signal, after its observers were told; a run in a folder has written a checkpoint."""


class Trainer:
    """Trains a program on rows, by a stepper, before observers.

    ``epoch`` and ``batch`` say where the training stands: so many whole epochs are done, and so many batches of the
    next. ``history`` has one record for each epoch; ``resumed`` says whether it went on from a checkpoint.

    Args:
        rows: the training split, and a validation split whose figures are part of the record of each epoch; conformed.
        stepper: how steps are made; by default by the step graph as a whole.
        runtime: where steps and evaluation run; by default onnxruntime on the CPU.
        checkpoint: what to go on from; without, training begins with ``first_values``.
    """

    def __init__(
        self,
        program: Program,
        rows: Splits,
        stepper: Stepper | None = None,
        observers: Sequence[Observer] = (),
        *,
        runtime: Runtime | None = None,
        checkpoint: Checkpoint | None = None,
    ):
        training, runtime = program.training, runtime or open_runtime()
        self.program, self.rows, self.stepper, self.observers = program, rows, stepper or Whole(), list(observers)
        self.epochs, self.batch_size, self._seed = training.epochs, training.batch_size, training.seed
        self.epoch, self.batch = 0, 0
        self.history: list[dict[str, Any]] = []
        self.resumed = checkpoint is not None
        self._reason: str | None = None
        self._started: list[Observer] = []
        self._evaluator = Evaluator(program, runtime) if rows.validation is not None else None
        held = program.tensors.held
        values = checkpoint.tensors if checkpoint else first_values(program, rows.train, runtime)
        values = {**values, "seed": np.array(training.seed), "total_steps": np.array(self.total_steps)}
        self._held = {name: np.array(values[name]) for name in held}
        self.stepper.begin(program, rows.train, values, runtime)
        if checkpoint:
            self._restore(checkpoint.state)

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.rows.train) / self.batch_size)

    @property
    def total_steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    @property
    def steps_done(self) -> int:
        return self.epoch * self.steps_per_epoch + self.batch

    def run(self) -> str:
        """Train to the end; return why it ended: "epochs", or the reason of the observer that stopped it.

        Raises:
            Interrupted: a signal came, SIGINT or SIGTERM; the present step was ended first.
            RunError: the loss is not finite any more.
        """
        with _signals(lambda: self.stop(INTERRUPTED)):
            try:
                for observer in self.observers:
                    self._started.append(observer)
                    observer.started(self)
                while self.epoch < self.epochs and not self._reason:
                    self._steps()
                    if self.batch == self.steps_per_epoch:
                        self._end_epoch()
                # Whoever asks to stop after the last step asks for nothing.
                reason = self._reason if self._reason and self.epoch < self.epochs else "epochs"
            except BaseException as error:
                for failure in self._end("error"):
                    error.add_note(f"then, when it was told of the end, an observer failed: {failure!r}")
                raise
            for failure in self._end(reason):
                raise failure
        if reason == INTERRUPTED:
            raise Interrupted
        return reason

    def stop(self, reason: str) -> None:
        """End the training after the present step; of several reasons the first counts."""
        self._reason = self._reason or reason

    def weights(self) -> dict[str, np.ndarray]:
        """The model's tensors as they are now, on the host."""
        carried = self.stepper.state()
        return {name: carried.get(name, value) for name, value in self._held.items()}

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything that a checkpoint holds: the model's tensors, slots and counters."""
        return {**self._held, **self.stepper.state()}

    def state(self) -> dict[str, Any]:
        """Where the training stands, as plain JSON."""
        observers = {name: each.state() for name, each in self._named()}
        kept = {name: _plain(name, state) for name, state in observers.items() if state is not None}
        return {"epoch": self.epoch, "batch": self.batch, "history": self.history, "observers": kept}

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.epoch, self.batch, self.history = state["epoch"], state["batch"], list(state["history"])
        named = dict(self._named())
        for name, kept in state["observers"].items():
            if name not in named:
                raise RunError.unknown(
                    f"the run had an observer {name!r}, which keeps a state, and now it has none of this name",
                    name,
                    named,
                    hint="resume with the observers that it was started with",
                )
            named[name].restore(kept)

    def _steps(self) -> None:
        """The steps that are left of the present epoch, as far as nobody stops the run."""
        for index in batches(
            len(self.rows.train), self.batch_size, seed=self._seed, epoch=self.epoch, start=self.batch
        ):
            self.stepper.step(index)
            self.batch += 1
            self._tell("stepped")
            if self._reason:
                return

    def _end_epoch(self) -> None:
        rows = len(self.rows.train)
        tensors = self.stepper.tensors()
        record: dict[str, Any] = {"epoch": self.epoch + 1, "step": self.steps_done}
        for total, loss in self.program.totals.items():
            record[loss] = float(tensors[total].numpy().reshape(())) / rows
        self._check_finite("loss", record["loss"])
        if self._evaluator and self.rows.validation is not None:
            # The model's tensors only: with the seed and the step, what a model draws would differ from what is served.
            weights = {name: tensors.get(name, value) for name, value in self._held.items()}
            figures = self._evaluator.evaluate(weights, self.rows.validation)
            record |= {f"validation_{name}": value for name, value in figures.items()}
            self._check_finite("validation loss", record["validation_loss"])
        for name in self.program.totals:
            self.stepper.set(name, np.zeros((), "float32"))
        self.epoch, self.batch = self.epoch + 1, 0
        self.history.append(record)
        self._tell("epoch_ended", MappingProxyType(record))

    def _check_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            raise RunError(
                f"training diverged: the {what} of epoch {self.epoch + 1} is {value}",
                code="DN5004",
                hint="lower training.optimizer.learning_rate, set training.gradient_clip_norm, or look for bad rows; "
                "the last good checkpoint is untouched",
            )

    def _end(self, reason: str) -> list[Exception]:
        """Tell every observer that was told of the start; one that fails costs the others nothing."""
        failed: list[Exception] = []
        for observer in self._started:
            try:
                observer.ended(self, reason)
            except Exception as error:
                failed.append(error)
        return failed

    def _tell(self, event: str, *facts: Any) -> None:
        for observer in self.observers:
            getattr(observer, event)(self, *facts)

    def _named(self) -> Iterator[tuple[str, Observer]]:
        """The observers, each with a name that it has again when the run is resumed with the same ones."""
        counts: Counter[str] = Counter()
        for observer in self.observers:
            name = f"{type(observer).__module__}.{type(observer).__qualname__}"
            counts[name] += 1
            yield f"{name}_{counts[name]}" if counts[name] > 1 else name, observer


def _plain(name: str, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """*state*, which a checkpoint gives back as it was."""
    try:
        back = json.loads(json.dumps(state, allow_nan=False))
    except (TypeError, ValueError) as error:
        back, reason = None, str(error)
    else:
        reason = "it comes back as another one"
    if back != state:
        raise RunError(
            f"observer {name} has a state that cannot be kept: {reason}",
            found=repr(state),
            allowed="a dict of texts, finite numbers, lists and dicts, as JSON has them",
        )
    return state


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGINT and SIGTERM call *stop*; a second one stops at once."""
    received: list[int] = []

    def receive(number: int, _frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        stop()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
