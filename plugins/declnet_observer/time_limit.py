"""Stop after a time."""

import time
from pathlib import Path

from declnet import Observer, Trainer, observer


@observer("time_limit.schema.json")
def time_limit(folder: Path | None, *, minutes: float) -> Observer:
    """Stop when the training has taken *minutes*, after the present step; a run in a folder can then be resumed."""
    return TimeLimit(60 * minutes)


class TimeLimit(Observer):
    """Counts the seconds of this process, not those before a run was resumed."""

    def __init__(self, seconds: float):
        self._seconds = seconds

    def started(self, trainer: Trainer) -> None:
        self._end = time.monotonic() + self._seconds

    def stepped(self, trainer: Trainer) -> None:
        if time.monotonic() >= self._end:
            trainer.stop("time limit")
