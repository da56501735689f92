"""The figures of each epoch, a line of JSON each: metrics.jsonl in the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from declnet.training.folder import RunFolder
from declnet.training.observer import Observer

if TYPE_CHECKING:
    from declnet.training.trainer import Trainer


class MetricsLog(Observer):
    """Writes the history after each epoch, whole, so that a resumed run leaves no line of a future that was lost."""

    def __init__(self, folder: RunFolder):
        self._folder = folder

    def started(self, trainer: Trainer) -> None:
        self._folder.write_history(trainer.history)

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        self._folder.write_history(trainer.history)
