"""What ``declnet train`` shows while it trains: one line for each epoch, and on a terminal a bar below them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from declnet.cli.tables import console, figure
from declnet.training.observer import Observer

if TYPE_CHECKING:
    from rich.console import Console

    from declnet.training.trainer import Trainer

# Seconds between two looks at the loss, for which the device must be waited for.
REFRESH = 0.05


@contextlib.contextmanager
def shown_progress() -> Iterator[Lines]:
    """Progress that suits where the output goes."""
    screen = console()
    progress = Bar(screen) if screen.is_terminal else Lines(screen)
    try:
        yield progress
    finally:
        progress.close()


class Lines(Observer):
    """One line for each epoch."""

    def __init__(self, screen: Console):
        self._screen = screen

    def started(self, trainer: Trainer) -> None:
        self._began = time.monotonic()
        if trainer.steps_done:
            self._screen.print(f"going on after step {trainer.steps_done} of {trainer.total_steps}")

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        now = time.monotonic()
        seconds, self._began = now - self._began, now
        figures = [f"{name} {figure(value)}" for name, value in record.items() if isinstance(value, float)]
        number = f"{record['epoch']:>{len(str(trainer.epochs))}}/{trainer.epochs}"
        self._screen.print("  ".join([f"epoch {number}", *figures, f"{seconds:.1f} s"]), soft_wrap=True)

    def ended(self, trainer: Trainer, reason: str) -> None:
        if reason not in ("epochs", "error", "interrupted"):
            self._screen.print(f"ended by {reason}")

    def close(self) -> None:
        """Leave the terminal as it was."""


class Bar(Lines):
    """The lines, and below them a bar with steps, loss, rate and the time that is left."""

    def __init__(self, screen: Console):
        from rich import progress

        super().__init__(screen)
        self._bar = progress.Progress(
            progress.TextColumn("epoch {task.fields[epoch]}"),
            progress.BarColumn(bar_width=None),
            progress.TextColumn("{task.completed}/{task.total} steps"),
            progress.TextColumn("loss {task.fields[loss]}"),
            progress.TextColumn("{task.fields[rate]} steps/s"),
            progress.TimeRemainingColumn(),
            console=screen,
            transient=True,
            refresh_per_second=5,
        )

    def started(self, trainer: Trainer) -> None:
        super().started(trainer)
        self._first, self._started = trainer.steps_done, time.monotonic()
        self._refreshed = self._started
        self._task = self._bar.add_task(
            "", total=trainer.total_steps, completed=self._first, epoch=_epoch(trainer), loss="–", rate="–"
        )
        self._bar.start()

    def stepped(self, trainer: Trainer) -> None:
        now = time.monotonic()
        if now - self._refreshed < REFRESH:
            return
        self._refreshed, done = now, trainer.steps_done
        rate = (done - self._first) / max(now - self._started, 1e-9)
        loss = figure(trainer.stepper.losses()["loss"])
        self._bar.update(self._task, completed=done, epoch=_epoch(trainer), loss=loss, rate=f"{rate:,.0f}")

    def epoch_ended(self, trainer: Trainer, record: Mapping[str, Any]) -> None:
        super().epoch_ended(trainer, record)
        self._bar.update(self._task, completed=record["step"])

    def ended(self, trainer: Trainer, reason: str) -> None:
        self.close()
        super().ended(trainer, reason)

    def close(self) -> None:
        self._bar.stop()


def _epoch(trainer: Trainer) -> str:
    return f"{min(trainer.epoch + 1, trainer.epochs)}/{trainer.epochs}"
