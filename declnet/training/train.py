"""Train a spec on split data: build the graphs, set the tensors, run the loop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import declnet
from declnet import backend
from declnet.data import Splits, conform, fingerprint
from declnet.errors import DataError, RunError
from declnet.evaluation import Evaluator
from declnet.initializers import initial
from declnet.lowering import Tensors
from declnet.plugins import Plugins, installed
from declnet.spec import Spec
from declnet.training.fit import fit
from declnet.training.folder import RunFolder
from declnet.training.loop import Loop, Progress
from declnet.training.runner import Runner
from declnet.training.step import TrainingGraphs, training_graphs
from declnet.training.stopping import Monitor
from declnet.training.transfer import transfer


@dataclass
class Trained:
    """What a training leaves: the best weights, one record per epoch, where it came from, why it ended."""

    weights: dict[str, np.ndarray]
    history: list[dict]
    provenance: dict
    reason: str


def train(
    spec: Spec,
    splits: Splits,
    *,
    out: Path | str | None = None,
    device: str = "cpu",
    kernels: str = "auto",
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    plugins: Plugins | None = None,
) -> Trained:
    """Train *spec* on the training split.

    Args:
        out: the run folder; None keeps everything in memory.
        resume: go on from the newest checkpoint in *out*.
        force: overwrite a run that is in *out*.

    Raises:
        DataError: a split does not fit the spec.
        RunError: *out* exists, is no run, or was made by another spec or from other data; or training diverged.
        BackendError: the device or the kernels are not there.
        Interrupted: a signal came; the run can be resumed.
    """
    plugins = plugins or installed()
    where = backend.device(device)
    form = backend.kernels(kernels)
    graphs = training_graphs(spec, kernels=form, plugins=plugins)
    needed = [*graphs.features.values(), *graphs.targets.values()]
    columns = conform(splits.train, needed, "training data")
    evaluator = Evaluator(spec, device=device, plugins=plugins)
    held_out = conform(splits.validation, needed, "validation data") if splits.validation else None
    if splits.test:
        conform(splits.test, needed, "test data")
    monitor = _monitor(spec, plugins, held_out is not None)
    provenance = _provenance(spec, plugins, columns, device, form)
    folder = _check_folder(spec, out, provenance, resume=resume, force=force)
    values, state = _restored(graphs, folder) if resume else (first_values(spec, graphs, columns, plugins), None)
    rows, training = len(next(iter(columns.values()))), spec.training
    steps = training["epochs"] * -(-rows // training["batch_size"])
    values |= {"seed": np.array(training["seed"]), "total_steps": np.array(steps)}
    runner = Runner(graphs, values, values, columns, device=where)
    stored = {name: values[name] for name in (*graphs.parameters, *graphs.states, *graphs.statistics)}
    loop = Loop(
        runner,
        rows=rows,
        epochs=training["epochs"],
        batch_size=training["batch_size"],
        seed=training["seed"],
        monitor=monitor,
        evaluate=(lambda tensors: evaluator.evaluate(tensors, held_out)) if held_out else None,
        stored=stored,
        folder=folder,
        keep=training["checkpoint"]["keep"],
        every=training["checkpoint"]["every_epochs"],
        progress=progress or Progress(),
    )
    if state:
        loop.restore(state)
    elif folder:
        folder.create(spec.document, provenance)
        loop.save()
    reason = loop.run()
    best = folder.best().tensors if folder and _restores_best(spec) else loop.best if _restores_best(spec) else None
    weights = {name: np.array((best or loop.weights())[name]) for name in stored}
    return Trained(weights, loop.history, provenance, reason)


def first_values(
    spec: Spec, graphs: TrainingGraphs, columns: Mapping[str, np.ndarray], plugins: Plugins
) -> dict[str, np.ndarray]:
    """The tensors with which the step graph of *spec* begins: weights, fitted on *columns* where it is so, and zeros.

    Raises:
        RunError: the weights to begin with cannot be had from where ``initialize_from`` says.
    """
    tensors = Tensors(None, parameters=graphs.parameters, states=graphs.states)
    values = initial(tensors, seed=spec.training["seed"], plugins=plugins)
    if given := spec.training.get("initialize_from"):
        transfer(values, Path(given["path"]), strict=given["strict"])
    features = {name: columns[name] for name in graphs.features}
    values |= fit(spec, plugins, values, features)
    values |= {slot.name: np.full(slot.shape, slot.initial, "float32") for slot in graphs.slots.values()}
    return values | {"step": np.array(0)} | {name: np.zeros((), "float32") for name in graphs.totals}


def _restored(graphs: TrainingGraphs, folder: RunFolder) -> tuple[dict[str, np.ndarray], dict]:
    """The tensors of the newest checkpoint, and the state of the loop."""
    content = folder.last()
    expected = {*graphs.carried, *graphs.parameters, *graphs.states, *graphs.statistics}
    if lacking := sorted(expected - set(content.tensors)):
        raise RunError(f"the checkpoint has no tensor {lacking[0]!r}", code="DN5002", hint="was it made by this spec?")
    return dict(content.tensors), content.state


def _check_folder(spec: Spec, out, provenance: Mapping, *, resume: bool, force: bool) -> RunFolder | None:
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
    if folder.provenance["data"] != provenance["data"]:
        raise RunError(
            f"{folder.path} was trained on other data",
            found=f"fingerprint {provenance['data'][:16]}…",
            allowed=f"{folder.provenance['data'][:16]}…",
        )
    return folder


def _monitor(spec: Spec, plugins: Plugins, validated: bool) -> Monitor:
    stopping = spec.training.get("early_stopping")
    if not stopping:
        return Monitor("validation_loss" if validated else None)
    name = stopping["monitor"]
    if name.startswith("validation_") and not validated:
        raise DataError(
            f"training.early_stopping.monitor is {name!r}, but there is no validation split",
            hint="set data.split.validation, or monitor 'loss'",
        )
    return Monitor(name, _is_better_higher(spec, plugins, name), stopping["patience"], stopping["minimum_delta"])


def _is_better_higher(spec: Spec, plugins: Plugins, figure: str) -> bool:
    for metric in spec.training["metrics"]:
        if figure == f"validation_{metric.get('name') or metric['type']}":
            return plugins.components("metric")[metric["type"]].options["better"] == "higher"
    return False


def _restores_best(spec: Spec) -> bool:
    stopping = spec.training.get("early_stopping")
    return stopping["restore_best"] if stopping else True


def _provenance(spec: Spec, plugins: Plugins, columns, device: str, kernels: str) -> dict:
    build = backend.backend()
    return {
        "declnet": declnet.__version__,
        "onnxruntime": f"{build.package} {build.version}",
        "plugins": plugins.distributions,
        "device": device,
        "kernels": kernels,
        "seed": spec.training["seed"],
        "rows": len(next(iter(columns.values()))),
        "data": fingerprint(columns),
    }
