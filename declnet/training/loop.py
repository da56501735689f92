"""The training loop: epochs of steps, validation, best and last checkpoints, early stopping, exact resume."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from declnet.data import batches
from declnet.errors import RunError
from declnet.training.checkpoint import Checkpoint
from declnet.training.folder import RunFolder
from declnet.training.runner import Runner
from declnet.training.stopping import Monitor

_REFRESH = 0.05


class Interrupted(KeyboardInterrupt):
    """The run was stopped by a signal, after it had written a checkpoint."""


class Progress:
    """What the loop reports; this one reports to nobody."""

    def start(self, total_steps: int, steps_per_epoch: int, first_step: int) -> None:
        """Training begins, or goes on, at *first_step*."""

    def step(self, done: int, loss: float) -> None:
        """*done* steps are done; at most twenty calls a second."""

    def epoch(self, record: Mapping) -> None:
        """An epoch is done."""

    def finish(self, reason: str) -> None:
        """Training is done."""


@dataclass
class Loop:
    """Where a training stands, and what it needs to go on.

    ``evaluate`` gives the figures of the validation split for tensors on the device; None without such a split.
    ``stored`` names the tensors of the model, those that the best checkpoint keeps.
    """

    runner: Runner
    rows: int
    epochs: int
    batch_size: int
    seed: int
    monitor: Monitor
    evaluate: Callable[[Mapping], Mapping[str, float]] | None
    stored: Mapping[str, np.ndarray]
    folder: RunFolder | None = None
    keep: int = 1
    every: int = 1
    progress: Progress = field(default_factory=Progress)
    epoch: int = 0
    batch: int = 0
    history: list[dict] = field(default_factory=list)
    best: Mapping[str, np.ndarray] | None = None

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(self.rows / self.batch_size)

    def run(self) -> str:
        """Train to the end; return why it ended: "epochs" or "early stopping".

        Raises:
            Interrupted: a signal came; the present state is in the run folder.
            RunError: the loss is not finite any more, or a checkpoint cannot be written.
        """
        per_epoch = self.steps_per_epoch
        self.progress.start(self.epochs * per_epoch, per_epoch, self.epoch * per_epoch + self.batch)
        reason = "epochs"
        with _signals() as stopped:
            while self.epoch < self.epochs:
                if self.monitor.exhausted:
                    reason = "early stopping"
                    break
                self._steps(stopped)
                self._finish_epoch()
        self.progress.finish(reason)
        return reason

    def restore(self, state: Mapping) -> None:
        """Go on from the state of a checkpoint."""
        self.epoch, self.batch, self.history = state["epoch"], state["batch"], list(state["history"])
        self.monitor.restore(state["monitor"])

    def weights(self) -> dict[str, np.ndarray]:
        """The model's tensors as they are now."""
        carried = self.runner.values()
        return {name: carried.get(name, value) for name, value in self.stored.items()}

    def _steps(self, stopped: Callable[[], bool]) -> None:
        """The steps that are left of the present epoch."""
        refreshed = time.monotonic()
        for index in batches(self.rows, self.batch_size, seed=self.seed, epoch=self.epoch, start=self.batch):
            self.runner.step(index)
            self.batch += 1
            if stopped():
                self.save()
                raise Interrupted
            if time.monotonic() - refreshed > _REFRESH:
                refreshed = time.monotonic()
                self.progress.step(self.epoch * self.steps_per_epoch + self.batch, self.runner.loss())

    def _finish_epoch(self) -> None:
        tensors = {**self.stored, **self.runner.tensors()}
        totals = {name: float(tensors[name].numpy().reshape(())) for name in self.runner.totals}
        losses = {name.replace("loss_total", "loss", 1): total / self.rows for name, total in totals.items()}
        self._check_finite("loss", losses["loss"])
        for name in totals:
            self.runner.set(name, np.zeros((), "float32"))
        self.epoch, self.batch = self.epoch + 1, 0
        record = {"epoch": self.epoch, "step": self.epoch * self.steps_per_epoch, **losses}
        if self.evaluate:
            record |= {f"validation_{name}": value for name, value in self.evaluate(tensors).items()}
            self._check_finite("validation loss", record["validation_loss"])
        improved = self.monitor.update(record)
        self.history.append(record)
        if improved:
            self.best = self.weights()
            if self.folder:
                self.folder.write_best(
                    Checkpoint(self.best, {"epoch": self.epoch, self.monitor.name: self.monitor.best})
                )
        last = self.epoch == self.epochs or self.monitor.exhausted
        if last or self.epoch % self.every == 0:
            self.save()
        self.progress.epoch(record)

    def _check_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            raise RunError(
                f"training diverged: the {what} of epoch {len(self.history) + 1} is {value}",
                code="DN5004",
                hint="lower training.optimizer.learning_rate, set training.gradient_clip_norm, or look for bad rows; "
                "the last good checkpoint is untouched",
            )

    def save(self) -> None:
        """Write the present state to the run folder, if there is one."""
        if self.folder is None:
            return
        state = {"epoch": self.epoch, "batch": self.batch, "monitor": self.monitor.state(), "history": self.history}
        step = self.epoch * self.steps_per_epoch + self.batch
        tensors = {**self.stored, **self.runner.values()}
        self.folder.write_last(Checkpoint(tensors, state), step=step, keep=self.keep)
        self.folder.write_history(self.history)


@contextlib.contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Turn SIGINT and SIGTERM into a flag that is looked at between steps; a second one stops at once."""
    received: list[int] = []

    def receive(number, _frame):
        if received:
            raise KeyboardInterrupt
        received.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
