"""Observers: what looks on while a model is trained, and may ask to stop. Progress, checkpoints and logs are observers.

A plugin offers more of them through the hook ``declnet_observers``; a spec chooses them in ``training.observers``, and
Python hands them over: ``train(spec, observers=[...])``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from declnet.training.trainer import Trainer


class Observer:
    """Told of a training as it goes; this one does nothing with what it is told.

    The trainer has ``epoch``, ``batch``, ``steps_done``, ``total_steps``, ``history``, ``stepper``, ``weights()`` and
    ``stop(reason)``; what it gives is read, never changed. Observers are told in the order in which they are given:
    early stopping first, and the log of the metrics and checkpoints, which keep the state of all of them, last.
    """

    def started(self, trainer: Trainer) -> None:
        """Training begins, or goes on after ``trainer.steps_done`` steps."""

    def stepped(self, trainer: Trainer) -> None:
        """A step is done. Asking for its losses waits for the device."""

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        """An epoch is done; *record*, the last of ``trainer.history``, has its number and figures, and is read only."""

    def ended(self, trainer: Trainer, reason: str) -> None:
        """Training is over: "epochs", whatever an observer gave as its reason to stop, "interrupted", or "error"."""

    def state(self) -> dict[str, Any] | None:
        """What a checkpoint keeps, as plain JSON, so that a resumed run goes on as if it had never stopped.

        An observer with a state must be there again when the run is resumed: it is known by its class, and where a
        class has several, by their order.
        """
        return None

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from the *state* of a checkpoint."""
