"""What ``declnet train`` shows while it trains: one line for each epoch, and on a terminal a bar below them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from declnet.cli.tables import console, figure
from declnet.training.loop import Progress

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def shown_progress() -> Iterator[Lines]:
    """Progress that suits where the output goes."""
    screen = console()
    progress = Bar(screen) if screen.is_terminal else Lines(screen)
    try:
        yield progress
    finally:
        progress.close()


class Lines(Progress):
    """One line for each epoch."""

    def __init__(self, screen: Console):
        self._screen = screen

    def start(self, total_steps: int, steps_per_epoch: int, first_step: int) -> None:
        self._epochs, self._began = total_steps // steps_per_epoch, time.monotonic()
        if first_step:
            self._screen.print(f"going on after step {first_step} of {total_steps}")

    def epoch(self, record: Mapping) -> None:
        now = time.monotonic()
        seconds, self._began = now - self._began, now
        figures = [f"{name} {figure(value)}" for name, value in record.items() if isinstance(value, float)]
        number = f"{record['epoch']:>{len(str(self._epochs))}}/{self._epochs}"
        self._screen.print("  ".join([f"epoch {number}", *figures, f"{seconds:.1f} s"]), soft_wrap=True)

    def finish(self, reason: str) -> None:
        if reason != "epochs":
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

    def start(self, total_steps: int, steps_per_epoch: int, first_step: int) -> None:
        super().start(total_steps, steps_per_epoch, first_step)
        self._first, self._started, self._per_epoch = first_step, time.monotonic(), steps_per_epoch
        epoch = f"{first_step // steps_per_epoch + 1}/{self._epochs}"
        self._task = self._bar.add_task("", total=total_steps, completed=first_step, epoch=epoch, loss="–", rate="–")
        self._bar.start()

    def step(self, done: int, loss: float) -> None:
        rate = (done - self._first) / max(time.monotonic() - self._started, 1e-9)
        epoch = f"{min((done - 1) // self._per_epoch + 1, self._epochs)}/{self._epochs}"
        self._bar.update(self._task, completed=done, loss=figure(loss), rate=f"{rate:,.0f}", epoch=epoch)

    def epoch(self, record: Mapping) -> None:
        super().epoch(record)
        self._bar.update(self._task, completed=record["step"])

    def finish(self, reason: str) -> None:
        self.close()
        super().finish(reason)

    def close(self) -> None:
        self._bar.stop()
