"""Which epoch is the best, and when to stop early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from declnet.errors import DataError


@dataclass
class Monitor:
    """Follows one figure of the epochs (Prechelt, "Early stopping - but when?", 1998).

    Args:
        name: the key of the epoch's record; None follows nothing.
        higher: whether higher is better.
        patience: epochs without an improvement after which training stops; None: never.
        minimum_delta: what counts as an improvement.
    """

    name: str | None
    higher: bool = False
    patience: int | None = None
    minimum_delta: float = 0.0
    best: float | None = None
    best_epoch: int | None = None
    waited: int = 0

    def update(self, record: Mapping) -> bool:
        """Take in the record of an epoch; return whether it is the best so far.

        Raises:
            DataError: the record has no such figure.
        """
        if self.name is None:
            return False
        if self.name not in record:
            figures = [key for key, value in record.items() if isinstance(value, float)]
            message = f"training.early_stopping.monitor: there is no figure {self.name!r}"
            raise DataError.unknown(message, self.name, figures)
        value = record[self.name]
        improved = not math.isnan(value) and (self.best is None or self._gain(value) > self.minimum_delta)
        if improved:
            self.best, self.best_epoch, self.waited = value, record["epoch"], 0
        else:
            self.waited += 1
        return improved

    @property
    def exhausted(self) -> bool:
        return self.patience is not None and self.waited >= self.patience

    def state(self) -> dict:
        """What a checkpoint keeps of it."""
        return {key: value for key, value in asdict(self).items() if key in ("best", "best_epoch", "waited")}

    def restore(self, state: Mapping) -> None:
        self.best, self.best_epoch, self.waited = state["best"], state["best_epoch"], state["waited"]

    def _gain(self, value: float) -> float:
        return value - self.best if self.higher else self.best - value
