"""The run folder: what a training leaves behind.

spec.json            the normalised spec
run.json             versions, device, fingerprints of the splits: where the figures come from; why the run ended
splits.safetensors   which rows of the data each split holds
metrics.jsonl        one record per epoch
checkpoints/         step-<steps>.safetensors, the last ones; best.safetensors
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from declnet.errors import RunError
from declnet.training import checkpoint
from declnet.training.checkpoint import Checkpoint
from declnet.wording import shown


class RunFolder:
    """Reads and writes the files of one run."""

    def __init__(self, path: Path | str):
        self.path = Path(path)

    @classmethod
    def new(cls, path: Path | str, *, force: bool) -> RunFolder:
        """A folder for a new run; nothing is written before ``create``.

        Raises:
            RunError: something is there, and *force* is not given, or it is no run.
        """
        folder = cls(path)
        if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
            if not force or not folder.path.is_dir():
                raise RunError(
                    f"{folder.path} exists already",
                    hint="choose another folder, or --resume to go on with that run, or --force to start anew in it",
                )
            if not (folder.path / "run.json").is_file():
                raise RunError(f"{folder.path} is not a run, so --force does not overwrite it")
        return folder

    def create(self, spec: Mapping[str, Any], provenance: Mapping[str, Any], index: Mapping[str, np.ndarray]) -> None:
        """Begin the run, in place of one that was there.

        Args:
            index: the numbers of the rows that each split was drawn from.

        Raises:
            RunError: it cannot be written.
        """
        self._clear()
        # First and removed last: by run.json ``new`` knows a run, also one that was killed in between.
        self.write_provenance(provenance)
        self._write("spec.json", spec)
        checkpoint.write(self.path / "splits.safetensors", Checkpoint(index, {}))

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """An existing run.

        Raises:
            RunError: it is not there, not a run, or of a format that this declnet does not read.
        """
        folder = cls(path)
        if not all((folder.path / name).is_file() for name in ("run.json", "spec.json")):
            raise RunError(
                f"{folder.path} is not a run folder",
                found="no such folder" if not folder.path.exists() else "no spec.json and run.json in it",
                hint="`declnet train SPEC -o FOLDER` makes one",
            )
        lacking = {"splits", "stepper", "target"} - set(folder.provenance)
        if lacking:
            raise RunError(f"{folder.path / 'run.json'} is damaged", found=f"no {sorted(lacking)[0]!r} in it")
        return folder

    @property
    def spec(self) -> dict[str, Any]:
        return self._read("spec.json")

    @property
    def provenance(self) -> dict[str, Any]:
        return checkpoint.require_format(self.path / "run.json", self._read("run.json"))

    def write_provenance(self, provenance: Mapping[str, Any]) -> None:
        self._write("run.json", {"format": checkpoint.FORMAT, **provenance})

    @property
    def index(self) -> dict[str, np.ndarray]:
        """The numbers of the rows that each split was drawn from."""
        return dict(checkpoint.read(self.path / "splits.safetensors").tensors)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The records of the epochs so far."""
        path = self.path / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise RunError(f"{path} cannot be read: {error}") from None

    def write_history(self, history: list[dict[str, Any]]) -> None:
        """Replace the records by *history*."""
        lines = "".join(json.dumps(record) + "\n" for record in history)
        checkpoint.write_bytes(self.path / "metrics.jsonl", lines.encode())

    def write_last(self, content: Checkpoint, *, step: int, keep: int) -> None:
        """Write the checkpoint of *step*, then remove all but the last *keep*."""
        checkpoint.write(self._checkpoints / f"step-{step:09d}.safetensors", content)
        for old in self._steps()[:-keep]:
            old.unlink(missing_ok=True)

    def write_best(self, content: Checkpoint) -> None:
        checkpoint.write(self._checkpoints / "best.safetensors", content)

    def last(self) -> Checkpoint:
        """The newest checkpoint.

        Raises:
            RunError: there is none.
        """
        steps = self._steps()
        if not steps:
            raise RunError(f"{self.path} holds no checkpoint yet", hint="start it again with --force")
        return checkpoint.read(steps[-1])

    def kept(self) -> Checkpoint:
        """The checkpoint with the best monitored value; the newest where nothing was monitored, or the spec wants that.

        Raises:
            RunError: there is none, or that of the best epoch is missing.
        """
        path, last = self._checkpoints / "best.safetensors", self.last()
        stopping = self.spec["training"].get("early_stopping") or {}
        if not stopping.get("restore_best", True):
            return last
        if path.exists():
            return checkpoint.read(path)
        own = [state for name, state in last.state["observers"].items() if name.startswith("declnet.")]
        if any(state.get("best_epoch") for state in own):
            raise RunError(
                f"{path} is missing, the weights of the best epoch",
                code="DN5002",
                hint="put it back, or train again with --force",
            )
        return last

    @property
    def _checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def _steps(self) -> list[Path]:
        return sorted(self._checkpoints.glob("step-*.safetensors"))

    def _clear(self) -> None:
        """Remove the files that a run writes, and nothing else."""
        shutil.rmtree(self._checkpoints, ignore_errors=True)
        for name in ("spec.json", "splits.safetensors", "metrics.jsonl", "export.json", "run.json"):
            (self.path / name).unlink(missing_ok=True)

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        checkpoint.write_bytes(self.path / name, (json.dumps(content, indent=2) + "\n").encode())

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path / name} cannot be read: {error}") from None
        if not isinstance(content, dict):
            raise RunError(f"{self.path / name} is damaged", found=shown(content), allowed="an object")
        return content
