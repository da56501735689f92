"""Which epoch is the best, and when to stop early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from declnet.training.observer import Observer

if TYPE_CHECKING:
    from declnet.training.trainer import Trainer


class EarlyStopping(Observer):
    """Follows one figure of the epochs (Prechelt, "Early stopping - but when?", 1998).

    ``best`` is its best value, ``best_epoch`` where that was, ``weights`` the model's tensors there; ``improved`` says
    whether the last epoch was the best so far.

    Args:
        monitor: the key of the epoch's record; None follows nothing.
        higher: whether higher is better.
        patience: epochs without an improvement after which training stops; None: never.
        minimum_delta: what counts as an improvement.
    """

    def __init__(
        self, monitor: str | None, *, higher: bool = False, patience: int | None = None, minimum_delta: float = 0.0
    ):
        self.monitor = monitor
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.improved = False
        self.weights: dict[str, np.ndarray] | None = None
        self._sign = 1 if higher else -1
        self._patience, self._minimum_delta = patience, minimum_delta
        self._waited = 0

    def started(self, trainer: Trainer) -> None:
        self._stop_if_exhausted(trainer)

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        if self.monitor is None:
            return
        value = record[self.monitor]
        gain = None if self.best is None else self._sign * (value - self.best)
        self.improved = not math.isnan(value) and (gain is None or gain > self._minimum_delta)
        if self.improved:
            self.best, self.best_epoch, self._waited = value, record["epoch"], 0
            self.weights = trainer.weights()
        else:
            self._waited += 1
        self._stop_if_exhausted(trainer)

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self._waited}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch, self._waited = state["best"], state["best_epoch"], state["waited"]

    def _stop_if_exhausted(self, trainer: Trainer) -> None:
        if self._patience is not None and self._waited >= self._patience:
            trainer.stop("early stopping")
