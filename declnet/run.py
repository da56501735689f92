"""What a training leaves: weights that can be measured, used and exported. Also as an exported file leaves it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from declnet import data
from declnet.data import Rows, Splits, Table
from declnet.errors import DataError
from declnet.evaluation import Evaluator
from declnet.export import TOLERANCE, Exported, ExportedFile, HeldOut, export, require_free
from declnet.program import Program
from declnet.runtime import Runtime
from declnet.sampling import sample
from declnet.spec import Spec, Split
from declnet.training.checkpoint import write_bytes
from declnet.training.folder import RunFolder
from declnet.training.train import fingerprints

HELD_OUT = ("test", "validation", "train")


class Run:
    """A trained model: its program, its best weights, and how it came about.

    ``folder`` is None for a run in memory; ``history`` has one record per epoch.

    Args:
        splits: the rows that it was trained on, conformed; None: they are read when they are asked for.
        given: what was handed over in place of the data of the spec.
    """

    def __init__(
        self,
        program: Program,
        weights: Mapping[str, np.ndarray],
        provenance: Mapping[str, Any],
        history: list[dict[str, Any]],
        runtime: Runtime,
        *,
        folder: Path | None = None,
        splits: Splits | None = None,
        given: Any = None,
    ):
        self.program = program
        self.folder = folder
        self.weights: dict[str, np.ndarray] = dict(weights)
        self.provenance: dict[str, Any] = dict(provenance)
        self.history = history
        self._runtime = runtime
        self._splits, self._given = splits, given

    @property
    def spec(self) -> Spec:
        return self.program.spec

    @property
    def reason(self) -> str | None:
        """Why the training ended: "epochs", or what an observer gave as its reason; None where it is not told."""
        return self.provenance.get("ended", {}).get("reason")

    @property
    def splits(self) -> Splits:
        """The rows of each split, as in the training.

        Raises:
            DataError: they cannot be had, or are not those that the run was trained with.
        """
        if self._splits is None:
            splits = conformed(self.program, self._reopened(read_table(self.spec, self._given)))
            _require_same(splits, self.provenance.get("splits") or {}, self._given is not None)
            self._splits = splits
        return self._splits

    def evaluate(self, data: Rows | Mapping[str, np.ndarray] | None = None, *, split: str = "test") -> dict[str, float]:
        """The loss and every metric, on rows, or on a split of the run's data: "train", "validation", "test".

        Raises:
            DataError: there is no such split, its rows are not those of the training, or the rows do not fit.
        """
        rows = data if data is not None else dict(self.splits).get(split)
        if rows is None:
            there = ", ".join(name for name, _ in self.splits)
            hint = f"set data.split.{split}" if split in HELD_OUT else None
            raise DataError(f"there is no {split} split", allowed=there, hint=hint)
        return self._evaluator.evaluate(self.weights, rows)

    def predict(self, features: Rows | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The declared outputs for rows of features."""
        return self._evaluator.predict(self.weights, features)

    def sample(
        self, count: int, *, seed: int = 0, output: str | None = None, data: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """*count* draws from a generative model, rows of the output that depends on random numbers.

        Args:
            seed: other draws with another seed.
            output: which output, where several are random.
            data: *count* rows for the inputs that the output reads; classes are drawn in turn without.

        Raises:
            RunError: no output is random, or it is not clear which is meant.
            DataError: rows are missing, or do not fit.
        """
        return sample(self.program, self._served(), count, self._runtime, seed=seed, output=output, given=data)

    def export(
        self,
        path: str | Path,
        *,
        format: str = "onnx",
        tolerance: float = TOLERANCE,
        force: bool = False,
        **properties: Any,
    ) -> dict[str, Any]:
        """Write the model for serving, once it is proved to predict what this run predicts; return the report.

        They are compared on rows that were held out of the training where there are any. Where the data of the spec
        cannot be had any more, on random numbers, and the report says why; no metrics then. The report goes into the
        file's metadata, and to export.json in the run folder.

        Args:
            format: which exporter writes the file; *properties* are its own.
            tolerance: the greatest difference of any output, absolute for values below 1, relative for others.
            force: whether a file at *path* may be replaced.

        Raises:
            RunError: it predicts something else, or *path* exists and *force* is not given.
            DataError: the rows that were handed over are not those that it was trained with.
        """
        require_free(Path(path), force)
        held_out, metrics = self._held_out()
        facts = {"provenance": self.provenance, "metrics": metrics}
        run = Exported(self.program, self.weights, self.predict, held_out, facts, self._runtime.threads)
        report = {**export(run, Path(path), format=format, tolerance=tolerance, force=force, **properties)}
        report["metrics"] = metrics
        if self.folder is not None:
            write_bytes(self.folder / "export.json", (json.dumps(report, indent=2) + "\n").encode())
        return report

    def _held_out(self) -> tuple[HeldOut, dict[str, Any]]:
        """Rows to compare on, and the metrics of the run on that split."""
        try:
            splits = self.splits
        except DataError as error:
            if self._given is not None:
                raise
            return HeldOut(why=error.diagnostics[0].message), {}
        split, rows = next((name, getattr(splits, name)) for name in HELD_OUT if getattr(splits, name) is not None)
        return HeldOut(split, rows), {"split": split, **self.evaluate(split=split)}

    def _reopened(self, table: Table) -> Splits:
        """The splits of *table* as the run folder says, or, of a run without one, as the spec does."""
        if self.folder is None:
            return split_table(self.spec, table, self._given is not None)
        return data.select(table, RunFolder.open(self.folder).index, list(self.provenance["splits"]))

    def _served(self) -> onnx.ModelProto:
        return self.program.served(self.weights)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self.program, self._runtime)


class ExportedRun(Run):
    """The run of an exported file: it predicts with the graph in the file, and evaluates with the weights in it."""

    def __init__(self, file: ExportedFile, runtime: Runtime, given: Any = None):
        provenance = file.metadata.get("provenance") or {}
        super().__init__(file.program, file.weights, provenance, [], runtime, given=given)
        self.file = file

    def predict(self, features: Rows | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of the file's graph for rows of features."""
        return self.file.predict(features)

    def _served(self) -> onnx.ModelProto:
        return self.file.model


def read_table(spec: Spec, given: Any) -> Table:
    """The data of a spec, or those *given* in its place.

    Raises:
        DataError: there are none, or they cannot be read.
    """
    if given is not None:
        return data.from_arrays(given)
    if spec.data is None:
        raise DataError(
            "the spec names no data, and none were given",
            hint='add "data" to the spec, or hand the rows over in Python: data={...}',
        )
    return data.read(spec.data.source, spec.folder)


def split_table(spec: Spec, table: Table, given: bool) -> Splits:
    """*table* split as *spec* says.

    Args:
        given: whether it was handed over; its own splits then win over those that the spec would cut from it.

    Raises:
        DataError: it cannot be split in this way.
    """
    how = spec.data.split if spec.data else Split(validation=0, test=0, stratify=False, seed=0)
    return data.split(
        table,
        validation=0 if table.validation is not None else how.validation,
        test=0 if table.test is not None and given else how.test,
        stratify=how.stratify,
        seed=how.seed,
    )


def conformed(program: Program, splits: Splits) -> Splits:
    """*splits* with the columns that the program reads, in the types and shapes that it requires.

    Raises:
        DataError: a split does not fit.
    """
    names = {"train": "training data", "validation": "validation data", "test": "test data"}
    needed = [*program.features, *program.targets]
    return splits.map(lambda name, rows: data.conform(rows, needed, names[name]))


def _require_same(splits: Splits, recorded: Mapping[str, Any], given: bool) -> None:
    """Refuse rows that are not those with which the run was trained."""
    found = fingerprints(splits)
    for name in (*recorded, *found):
        here, there = found.get(name), recorded.get(name)
        if here != there:
            rows = [f"{each['rows']} rows, fingerprint {each['fingerprint'][:16]}…" if each else "no such split"
                    for each in (here, there)]  # fmt: skip
            raise DataError(
                f"these are not the rows that the run was trained with: the {name} split differs",
                code="DN4002",
                found=("what was given: " if given else "the data of the spec: ") + rows[0],
                allowed=rows[1],
                hint="open it with the rows that it was trained with, open_run(path, data={...}), "
                "or measure it on rows of your own: evaluate(rows), `declnet evaluate RUN --data FILE`",
            )
