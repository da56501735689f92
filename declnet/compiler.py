"""The whole road on one page.

    spec.json ─check─▶ Spec ─lower─▶ forward graph ─differentiate─▶ step graph ─run─▶ weights ─export─▶ model.onnx
              schemas        layer plugins         reverse mode      onnxruntime          parity proved

Read ``compile`` first, then ``train``; each line of theirs is a phase, and a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx

from declnet import backend, data, lowering
from declnet import spec as specs
from declnet.errors import DataError, DeclnetError, Diagnostic, MissingGradient, SpecError
from declnet.evaluation import Evaluator, forward_model
from declnet.export import ExportedFile, export, inference_model
from declnet.initializers import initial
from declnet.sampling import sample
from declnet.spec import Spec
from declnet.summary import Summary, summarise
from declnet.training.folder import RunFolder
from declnet.training.loop import Progress
from declnet.training.step import training_graphs
from declnet.training.train import train as run_training


def check(
    source: str | Path | Mapping, overrides: Mapping | list[str] | None = None, *, trusted: bool = False
) -> tuple[Spec, list[Diagnostic]]:
    """Everything that is wrong, or looks wrong, with a spec.

    Args:
        source: the path of a JSON file, or the spec as a dict.
        overrides: ``{"training.epochs": 5}``, or ``["training.epochs=5"]``.
        trusted: whether paths in the spec may leave its folder; those in overrides always may.

    Returns:
        The spec, and the diagnostics in the order of the file; those of severity "error" make it unusable.
    """
    # 1. Read, compose, validate, normalise.
    spec = specs.parse(source, overrides, trusted=trusted)
    found = list(spec.diagnostics)
    # 2. Lower what is sound, to see whether shapes fit.
    lowered = lowering.lower(spec, training=True)
    found += lowered.diagnostics + lowering.doubtful_objectives(lowered)
    # 3. Differentiate, to see whether gradients exist; and make the outputs.
    if not any(diagnostic.severity == "error" for diagnostic in found):
        found += _probe(spec)
    return spec, sorted(found, key=lambda each: (each.file or "", each.line or 0, each.column or 0))


def load(source: str | Path | Mapping, overrides: Mapping | list[str] | None = None, *, trusted: bool = False) -> Spec:
    """The spec of a JSON file or dict, checked and normalised. The arguments are those of ``check``.

    Raises:
        SpecError: it is wrong; holds every mistake.
    """
    spec, found = check(source, overrides, trusted=trusted)
    errors = [diagnostic for diagnostic in found if diagnostic.severity == "error"]
    if errors:
        raise SpecError(errors)
    return spec


@dataclass(frozen=True)
class Program:
    """A compiled spec: ONNX models that hold no weights but the inference model's, which are the initial ones.

    ``forward``: features, targets, parameters -> values and loss. ``gradient``, ``update`` and ``step``: see
    declnet/training/step.py; None for a spec without "training". ``inference``: what an export looks like.
    """

    spec: Spec
    forward: onnx.ModelProto
    gradient: onnx.ModelProto | None
    update: onnx.ModelProto | None
    step: onnx.ModelProto | None
    inference: onnx.ModelProto

    def summary(self) -> Summary:
        """Shapes, parameters, operations and memory, layer by layer."""
        return summarise(self.spec)


def compile(spec: Spec, *, kernels: str = "auto") -> Program:
    """Compile a spec.

    Args:
        kernels: "standard" (only ai.onnx operators: runs on any onnxruntime), "training" (also the fused gradient
            kernels of onnxruntime-training builds), or "auto" (by the installed build).

    Raises:
        SpecError: layers do not fit, or an operator has no gradient.
        BackendError: the installed build does not have the kernels.
    """
    # 1. The layers, lowered for inference, with the losses.
    forward, _ = forward_model(spec)
    # 2. Lowered for training, differentiated, and joined with the optimizer's update.
    graphs = training_graphs(spec, kernels=backend.kernels(kernels)) if spec.training else None
    # 3. Lowered for inference, with initial weights inside and the declared outputs.
    inference = inference_model(spec, initial_weights(spec), {})
    return Program(
        spec,
        forward,
        graphs and graphs.gradient,
        graphs and graphs.update,
        graphs and graphs.step,
        inference,
    )


def initial_weights(spec: Spec) -> dict[str, np.ndarray]:
    """The weights before the first step; statistics that are fitted on data are those of standardised data."""
    tensors = lowering.lower_layers(spec, training=False).tensors
    seed = spec.training["seed"] if spec.training else 0
    neutral = {"mean": 0.0, "minimum": 0.0, "maximum": 1.0, "standard_deviation": 1.0}
    fitted = {s.name: np.full(s.shape, neutral[s.kind], "float32") for s in tensors.statistics.values()}
    return initial(tensors, seed=seed) | fitted


def train(
    spec: Spec | str | Path | Mapping,
    *,
    out: str | Path | None = None,
    data: Mapping | tuple | None = None,
    device: str = "cpu",
    kernels: str = "auto",
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Train a spec to the end and return the run.

    Args:
        out: the run folder; without one the run lives in memory and cannot be resumed.
        data: arrays by column, ``{"image": x, "label": y}``, in place of the spec's source; or a dict of such dicts
            for the splits "train", "validation", "test".
        device: "cpu" or "cuda[:index]".
        resume: go on from the newest checkpoint in *out*; on the CPU the result is, bit for bit, that of a run that
            was never stopped.
        force: overwrite the run in *out*.
        progress: told of steps and epochs.

    Raises:
        SpecError, DataError, RunError, BackendError: see declnet/errors.py; nothing was overwritten.
        KeyboardInterrupt: a signal came; the state is in *out*.
    """
    # 1. The spec.
    spec = spec if isinstance(spec, Spec) else load(spec)
    if not spec.training:
        raise SpecError([spec.diagnostic("DN1102", "", "this spec has no section 'training'", hint='add "training"')])
    # 2. The data: read, split; cast and checked when it is clear what the graphs need.
    splits = split_data(spec, data)
    # 3. Graphs, tensors, loop.
    trained = run_training(
        spec, splits, out=out, device=device, kernels=kernels, resume=resume, force=force, progress=progress
    )
    return Run(spec, Path(out) if out else None, trained.weights, trained.provenance, trained.history, device, splits)


def open_run(path: str | Path, *, device: str = "cpu") -> Run:
    """The run in a folder, with its best weights; or that of a file that was exported from one.

    Raises:
        RunError: there is no run, it has no checkpoint yet, or the file is not one of declnet's.
    """
    if Path(path).is_file():
        return ExportedRun(ExportedFile(path, device=device), device)
    folder = Path(path)
    held = RunFolder.open(folder)
    spec = specs.parse(held.spec, trusted=True)
    if spec.errors:
        raise SpecError(spec.errors)
    return Run(spec, folder, dict(held.best().tensors), held.provenance, held.history, device, None)


class Run:
    """A trained model: its spec, its best weights, and how it came about.

    ``folder`` is None for a run in memory; ``history`` has one record per epoch.
    """

    def __init__(self, spec, folder, weights, provenance, history, device, splits):
        self.spec: Spec = spec
        self.folder: Path | None = folder
        self.weights: dict[str, np.ndarray] = weights
        self.provenance: dict = provenance
        self.history: list[dict] = history
        self._device = device
        self._splits = splits

    @property
    def splits(self) -> data.Splits:
        """The data that the spec names, split as in training."""
        if self._splits is None:
            self._splits = split_data(self.spec, None)
        return self._splits

    def evaluate(self, data: Mapping[str, np.ndarray] | None = None, *, split: str = "test") -> dict[str, float]:
        """The loss and every metric, on arrays, or on a split of the spec's data: "train", "validation", "test".

        Raises:
            DataError: there is no such split, or the arrays do not fit.
        """
        columns = data if data is not None else getattr(self.splits, split, None)
        if columns is None:
            there = [name for name in ("train", "validation", "test") if getattr(self.splits, name)]
            raise DataError(f"there is no {split} split", allowed=", ".join(there), hint=f"set data.split.{split}")
        return self._evaluator.evaluate(self.weights, columns)

    def predict(self, features: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The declared outputs for arrays of features, rows along axis 0."""
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
        return sample(
            self.spec, self._inference_model(), count, seed=seed, output=output, given=data, device=self._device
        )

    def export(self, path: str | Path, *, format: str = "onnx", force: bool = False, **properties) -> dict:
        """Write the model for serving, once it is proved to predict what this run predicts; return the report.

        Raises:
            RunError: it predicts something else, or *path* exists and *force* is not given.
        """
        return export(self, Path(path), format=format, force=force, **properties)

    def _inference_model(self) -> onnx.ModelProto:
        return inference_model(self.spec, self.weights)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self.spec, device=self._device)


class ExportedRun(Run):
    """The run of an exported file: it predicts with the graph in the file, and evaluates with the weights in it."""

    def __init__(self, file: ExportedFile, device: str):
        super().__init__(file.spec, None, file.weights, file.metadata.get("provenance") or {}, [], device, None)
        self.file = file

    def predict(self, features: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of the file's graph for arrays of features, rows along axis 0."""
        return self.file.predict(features)

    def _inference_model(self) -> onnx.ModelProto:
        return self.file.model


def split_data(spec: Spec, given: Mapping | tuple | None) -> data.Splits:
    """The data of a spec, or those *given* in its place, split as the spec says.

    Raises:
        DataError: there are none, or they cannot be read or split.
    """
    if given is None and not spec.data:
        raise DataError(
            "the spec names no data, and none were given",
            hint='add "data" to the spec, or call declnet.train(spec, data={...})',
        )
    how = (spec.data or {}).get("split") or {}
    table = data.from_arrays(given) if given is not None else data.read(spec.data["source"], spec.folder)
    seed = how.get("seed")
    return data.split(
        table,
        # Splits that come with the data win over those that the spec would cut from them.
        validation=0 if table.validation is not None else how.get("validation", 0),
        test=0 if table.test is not None and given is not None else how.get("test", 0),
        stratify=how.get("stratify", False),
        seed=(spec.training or {}).get("seed", 0) if seed is None else seed,
    )


def _probe(spec: Spec) -> list[Diagnostic]:
    """Build every graph once, for the mistakes that only that shows."""
    try:
        if spec.training:
            training_graphs(spec)
        forward_model(spec)
        lowered = lowering.lower_layers(spec, training=False)
        lowering.add_outputs(lowered)
        return _probe_initializers(lowered)
    except SpecError as error:
        return list(error.diagnostics)
    except MissingGradient as error:
        return [spec.place(found, found.pointer or "") for found in error.diagnostics]
    return []


def _probe_initializers(lowered: lowering.Lowered) -> list[Diagnostic]:
    """Call each initializer on a small tensor of the right rank: what it refuses, it refuses by rank or property."""
    found = []
    for name, parameter in lowered.tensors.parameters.items():
        small = replace(parameter, shape=tuple(min(dim, 3) for dim in parameter.shape))
        try:
            initial(lowering.Tensors(lowered.graph, parameters={name: small}), seed=0)
        except DeclnetError as error:
            found.append(lowering.explain_weight(lowered.spec, error, "initializer", parameter))
    return found
