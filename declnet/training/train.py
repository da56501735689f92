"""Train a program on split data: the run folder, the first tensors, the observers, the trainer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import declnet
from declnet.data import Splits
from declnet.errors import DataError, PluginError, RunError
from declnet.program import Program
from declnet.runtime import Runtime
from declnet.spec import Spec
from declnet.training.checkpoint import Checkpoint
from declnet.training.folder import RunFolder
from declnet.training.observer import Observer
from declnet.training.observers import Checkpoints, EarlyStopping, MetricsLog, RunRecord
from declnet.training.stepper import Stepper, Whole
from declnet.training.trainer import Trainer


@dataclass
class Trained:
    """What a training leaves: the best weights, one record per epoch, where it came from and how it went."""

    weights: dict[str, np.ndarray]
    history: list[dict[str, Any]]
    provenance: dict[str, Any]


def train(
    program: Program,
    splits: Splits,
    *,
    runtime: Runtime,
    out: Path | str | None = None,
    resume: bool = False,
    force: bool = False,
    stepper: Stepper | None = None,
    observers: Sequence[Observer] = (),
) -> Trained:
    """Train *program* on the training split.

    Args:
        splits: conformed rows.
        out: the run folder; None keeps everything in memory.
        resume: go on from the newest checkpoint in *out*.
        force: overwrite a run that is in *out*.
        stepper: how steps are made; by default by the step graph as a whole.
        observers: told after those of declnet and of the spec.

    Raises:
        DataError: early stopping monitors a figure of the validation split, and there is none.
        RunError: *stepper* or *observers* are none; *out* exists, is no run, or was made by another spec or from other
            data; or training diverged.
        BackendError: the runtime refuses a graph.
        Interrupted: a signal came; the run can be resumed.
    """
    spec, training = program.spec, program.training
    _check_handed(stepper, observers)
    stopping = _early_stopping(program, splits.validation is not None)
    stepper = stepper or Whole()
    provenance = _provenance(program, splits, runtime, stepper)
    folder = _check_folder(spec, out, provenance, resume=resume, force=force)
    checkpoint = _restored(program, folder) if folder and resume else None
    record = RunRecord(provenance, folder)
    watching: list[Observer] = [stopping, *_chosen(program, folder), *observers, record]
    if folder:
        every = training.checkpoint
        watching += [MetricsLog(folder), Checkpoints(folder, stopping, keep=every.keep, every=every.every_epochs)]
    trainer = Trainer(program, splits, stepper, watching, runtime=runtime, checkpoint=checkpoint)
    if folder and not checkpoint:
        folder.create(spec.document, provenance, splits.index)
    trainer.run()
    if folder:
        weights = folder.kept().tensors
    else:
        weights = (stopping.weights if training.restores_best else None) or trainer.weights()
    held = {name: np.array(weights[name]) for name in program.tensors.held}
    return Trained(held, trainer.history, record.facts)


def fingerprints(splits: Splits) -> dict[str, dict[str, Any]]:
    """Which rows each split holds: how many, and the fingerprint of the columns that the model reads."""
    return {name: {"rows": len(rows), "fingerprint": rows.fingerprint()} for name, rows in splits}


def _restored(program: Program, folder: RunFolder) -> Checkpoint:
    """The newest checkpoint, which has every tensor that the step graph takes."""
    content = folder.last()
    if lacking := sorted({*program.carried, *program.tensors.held} - set(content.tensors)):
        raise RunError(f"the checkpoint has no tensor {lacking[0]!r}", code="DN5002", hint="was it made by this spec?")
    return content


def _check_handed(stepper: Stepper | None, observers: Sequence[Observer]) -> None:
    """Refuse what is no stepper, and no observers.

    Raises:
        RunError: says what was found in their place.
    """
    if stepper is not None and not isinstance(stepper, Stepper):
        hint = "make it: stepper=Whole(), Accumulate(4) or Halves(reduce)"
        raise RunError("stepper= is no stepper", found=_named(stepper), allowed="a declnet.Stepper", hint=hint)
    if stepper is not None and not isinstance(getattr(stepper, "name", None), str):
        hint = "a run goes on with a stepper of the same name: name the settings on which the numbers depend"
        raise RunError(f"the stepper {_named(stepper)} has no name", allowed="an attribute name, a str", hint=hint)
    given = observers if isinstance(observers, Sequence) else [observers]
    wrong = [each for each in given if not isinstance(each, Observer)]
    if wrong or given is not observers:
        found = _named(wrong[0]) if wrong else f"{_named(observers)} by itself"
        hint = "make each, and put them into a list: observers=[MyObserver()]"
        raise RunError("observers= are no observers", found=found, allowed="a list of declnet.Observer", hint=hint)


def _named(value: object) -> str:
    """*value* as an error names it."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"an object of {type(value).__name__}"


def _check_folder(
    spec: Spec, out: Path | str | None, provenance: Mapping[str, Any], *, resume: bool, force: bool
) -> RunFolder | None:
    """The folder *out*, if this run may write there; nothing is written yet."""
    if out is None:
        if resume:
            raise RunError("only a run in a folder can be resumed", hint="name the folder with -o")
        return None
    if not resume:
        return RunFolder.new(out, force=force)
    folder = RunFolder.open(out)
    if folder.spec != json.loads(json.dumps(spec.document)):
        changed = sorted(
            key for key in {*folder.spec, *spec.document} if folder.spec.get(key) != spec.document.get(key)
        )
        raise RunError(
            f"{folder.path} was trained by another spec",
            found=f"difference in {', '.join(changed)}",
            hint="resume with the spec and overrides that it was started with, or start anew in another folder",
        )
    recorded = folder.provenance
    for key, what in (("stepper", "in steps of another kind"), ("target", "for another target")):
        if recorded[key] != provenance[key]:
            raise RunError(
                f"{folder.path} was trained {what}",
                found=provenance[key],
                allowed=recorded[key],
                hint=f"resume with the {key} that it was started with",
            )
    none = {"rows": 0, "fingerprint": "none"}
    for name in {**recorded["splits"], **provenance["splits"]}:
        found, held = provenance["splits"].get(name, none), recorded["splits"].get(name, none)
        if found != held:
            raise RunError(
                f"{folder.path} was trained on other data: the {name} split differs",
                found=f"{found['rows']} rows, fingerprint {found['fingerprint'][:16]}…",
                allowed=f"{held['rows']} rows, fingerprint {held['fingerprint'][:16]}…",
            )
    return folder


def _early_stopping(program: Program, validated: bool) -> EarlyStopping:
    given = program.training.early_stopping
    if given is None:
        return EarlyStopping("validation_loss" if validated else None)
    if given.monitor.startswith("validation_") and not validated:
        raise DataError(
            f"training.early_stopping.monitor is {given.monitor!r}, but there is no validation split",
            hint="set data.split.validation, or monitor 'loss'",
        )
    higher = _is_better_higher(program, given.monitor)
    return EarlyStopping(given.monitor, higher=higher, patience=given.patience, minimum_delta=given.minimum_delta)


def _is_better_higher(program: Program, figure: str) -> bool:
    for metric in program.training.metrics:
        if figure == f"validation_{metric.figure}":
            return program.plugins.components("metric")[metric.type].options["better"] == "higher"
    return False


def _chosen(program: Program, folder: RunFolder | None) -> Iterator[Observer]:
    """The observers that the spec names."""
    components = program.plugins.components("observer")
    for choice in program.training.observers:
        properties = {key: value for key, value in choice.items() if key != "type"}
        made = components[choice["type"]](folder and folder.path, **properties)
        if not isinstance(made, Observer):
            raise PluginError(
                f"observer {choice['type']!r} of {program.plugins.owner('observer', choice['type'])} "
                f"returned a {type(made).__name__}",
                allowed="a declnet.Observer",
            )
        yield made


def _provenance(program: Program, splits: Splits, runtime: Runtime, stepper: Stepper) -> dict[str, Any]:
    return {
        "declnet": declnet.__version__,
        "runtime": runtime.version,
        "device": runtime.device,
        "threads": runtime.threads,
        "target": program.target.name,
        "stepper": stepper.name,
        "plugins": program.plugins.distributions,
        "seed": program.training.seed,
        "splits": fingerprints(splits),
    }
