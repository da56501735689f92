"""Checkpoints: the state of the run every so many epochs and where it stops, and the weights of the best epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from declnet.training.checkpoint import Checkpoint
from declnet.training.folder import RunFolder
from declnet.training.observer import Observer
from declnet.training.observers.early_stopping import EarlyStopping

if TYPE_CHECKING:
    from declnet.training.trainer import Trainer


class Checkpoints(Observer):
    """Writes to the run folder what a run needs to go on, and what is to be served.

    It comes last among the observers, whose states are part of a checkpoint.

    Args:
        stopping: which epoch is the best.
        keep: how many of the last checkpoints stay.
        every: a checkpoint every so many epochs; a new run, and where it ends or stops, have one in any case.
    """

    def __init__(self, folder: RunFolder, stopping: EarlyStopping, *, keep: int = 1, every: int = 1):
        self._folder, self._stopping = folder, stopping
        self._keep, self._every = keep, every
        self._written: int | None = None

    def started(self, trainer: Trainer) -> None:
        if trainer.resumed:
            self._written = trainer.steps_done
        else:
            self._write(trainer)

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        stopping = self._stopping
        if stopping.improved and stopping.weights:
            best = {"epoch": stopping.best_epoch, str(stopping.monitor): stopping.best}
            self._folder.write_best(Checkpoint(stopping.weights, best))
        if trainer.epoch % self._every == 0:
            self._write(trainer)

    def ended(self, trainer: Trainer, reason: str) -> None:
        if reason != "error" and self._written != trainer.steps_done:
            self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        checkpoint = Checkpoint(trainer.tensors(), trainer.state())
        self._folder.write_last(checkpoint, step=trainer.steps_done, keep=self._keep)
        self._written = trainer.steps_done
