"""Where the figures of a run come from, how it went, and why it ended: run.json in the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from declnet.training.folder import RunFolder
from declnet.training.observer import Observer

if TYPE_CHECKING:
    from declnet.training.trainer import Trainer


class RunRecord(Observer):
    """Keeps ``facts``, and writes them to the run folder.

    Args:
        facts: versions, device, target, stepper, the rows of each split. A run that goes on with others adds what is
            different, and after which step, to "resumed". "ended" gives the reason, and how far the run came.
    """

    def __init__(self, facts: Mapping[str, Any], folder: RunFolder | None):
        self.facts, self._folder = dict(facts), folder

    def started(self, trainer: Trainer) -> None:
        if self._folder and trainer.resumed:
            begun = self._folder.provenance
            begun.pop("ended", None)
            latest = dict(begun)
            for each in begun.get("resumed", []):
                latest |= each
            if changed := {key: value for key, value in self.facts.items() if latest.get(key) != value}:
                begun["resumed"] = [*begun.get("resumed", []), {"step": trainer.steps_done, **changed}]
            self.facts = begun
            self._folder.write_provenance(self.facts)

    def ended(self, trainer: Trainer, reason: str) -> None:
        self.facts["ended"] = {"reason": reason, "epochs": trainer.epoch, "steps": trainer.steps_done}
        if self._folder:
            self._folder.write_provenance(self.facts)
