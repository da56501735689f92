"""The whole road on one page.

    spec.json ─check─▶ Spec ─compile─▶ Program ─train─▶ Run ─export─▶ model.onnx
              schemas       lowering,          runtime,      parity proved
                            passes,            stepper,
                            gradients          observers

There is one road: a Program is what is trained. ``compile`` makes it, ``train`` runs it, and folds and trials run the
same one again. Read ``compile`` first, then ``train``; each line of theirs is a phase, and a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from declnet import spec as specs
from declnet.errors import BackendError, Diagnostic, SpecError
from declnet.export import ExportedFile
from declnet.program import Program
from declnet.run import ExportedRun, Run, conformed, read_table, split_table
from declnet.runtime import Runtime, choose_target, open_runtime
from declnet.spec import Spec
from declnet.target import Target
from declnet.training.folder import RunFolder
from declnet.training.observer import Observer
from declnet.training.stepper import Stepper
from declnet.training.train import train as run_training

Source = str | Path | Mapping[str, Any]


def check(
    source: Source, overrides: Mapping[str, Any] | list[str] | None = None, *, trusted: bool = False
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
    # 2. Make each graph once: see whether shapes fit, gradients exist, outputs can be made.
    return spec, list(Program(spec).diagnostics)


def load(source: Source, overrides: Mapping[str, Any] | list[str] | None = None, *, trusted: bool = False) -> Spec:
    """The spec of a JSON file or dict, checked and normalised. The arguments are those of ``check``.

    Raises:
        SpecError: it is wrong; holds every mistake.
    """
    return sound(Program(specs.parse(source, overrides, trusted=trusted))).spec


def sound(program: Program) -> Program:
    """*program*, whose spec is right; raises SpecError with every mistake where it is not."""
    if program.errors:
        raise SpecError(program.errors)
    return program


def compile(
    source: Spec | Source,
    overrides: Mapping[str, Any] | list[str] | None = None,
    *,
    target: Target | str = "auto",
    runtime: Runtime | str = "onnxruntime",
    device: str | None = None,
) -> Program:
    """Compile a spec: one Program holds every graph that is made of it.

    Args:
        source: a Spec, or what ``check`` takes; *overrides* likewise.
        target: what the graphs are made for: "standard" (only ai.onnx operators: runs on any onnxruntime), "training"
            (also the fused gradient kernels of onnxruntime-training builds), "web", or "auto" (that of the runtime).
        runtime, device: what will run them; the device is the CPU unless one is named.

    Raises:
        SpecError: the spec is wrong, layers do not fit, or an operator has no gradient; holds every mistake.
        BackendError: there is no such runtime or device, or it lacks kernels of the target.
    """
    # 1. What the graphs are for.
    where = open_runtime(runtime, device)
    # 2. The spec: read, composed, validated, normalised.
    if isinstance(source, Spec) and overrides:
        hint = "give the overrides to load"
        raise SpecError([source.diagnostic("DN1106", "", "a spec that is loaded takes no overrides", hint=hint)])
    spec = source if isinstance(source, Spec) else specs.parse(source, overrides)
    # 3. Lowered, differentiated, updated; lowered for inference, with losses and outputs.
    return sound(Program(spec, choose_target(target, where)))


def train(
    source: Program | Spec | Source,
    *,
    out: str | Path | None = None,
    data: Any = None,
    target: Target | str = "auto",
    runtime: Runtime | str = "onnxruntime",
    device: str | None = None,
    stepper: Stepper | None = None,
    observers: Sequence[Observer] = (),
    threads: int | None = None,
    resume: bool = False,
    force: bool = False,
) -> Run:
    """Train to the end and return the run.

    Args:
        source: a Program, which many trainings may share, or what ``compile`` takes.
        out: the run folder; without one the run lives in memory and cannot be resumed.
        data: arrays by column, ``{"image": x, "label": y}``, or Rows, in place of the spec's source; or a dict of such
            for the splits "train", "validation", "test".
        target: see ``compile``; a Program has its own.
        runtime, device: what runs the graphs: "cpu" or "cuda[:index]" of "onnxruntime", or what a plugin offers.
        stepper: how a step is made: Whole(), the default; Accumulate(parts); Halves(reduce).
        observers: told of steps and epochs, beside those of the spec.
        threads: how many threads work on one operator, in training, validation and what the run does later; None: as
            many as there are processor cores, or what a Runtime has. Trainings beside each other take one thread each,
            or cores of their own: the threads of one are bound to cores.
        resume: go on from the newest checkpoint in *out*, with the same data, target and stepper; on the CPU, with the
            same runtime and threads, the result is, bit for bit, that of a run that was never stopped.
        force: overwrite the run in *out*.

    Raises:
        SpecError, DataError, RunError, BackendError: see declnet/errors.py; nothing was overwritten.
        KeyboardInterrupt: a signal came; the state is in *out*.
    """
    # 1. The program.
    where = open_runtime(runtime, device, threads)
    program = source if isinstance(source, Program) else compile(source, target=target, runtime=where)
    if choose_target(program.target if target == "auto" else target, where) != program.target:
        raise BackendError("the program is made for another target", found=str(target), allowed=program.target.name)
    spec = program.spec
    if spec.training is None:
        raise SpecError([spec.diagnostic("DN1102", "", "this spec has no section 'training'", hint='add "training"')])
    # 2. The rows: read, split, cast to what the graphs need, and checked.
    splits = conformed(program, split_table(spec, read_table(spec, data), data is not None))
    # 3. Tensors, steps, observers.
    how: dict[str, Any] = {"out": out, "resume": resume, "force": force}
    trained = run_training(program, splits, runtime=where, stepper=stepper, observers=observers, **how)
    folder = Path(out) if out is not None else None
    return Run(program, trained.weights, trained.provenance, trained.history, where, folder=folder, splits=splits)


def open_run(
    path: str | Path,
    *,
    data: Any = None,
    runtime: Runtime | str = "onnxruntime",
    device: str | None = None,
    threads: int | None = None,
) -> Run:
    """The run in a folder, with its best weights; or that of a file that was exported from one.

    Args:
        data: the rows that it was trained with, where they were handed over.
        runtime, device, threads: what runs the graphs; see ``train``.

    Raises:
        BackendError: there is no such runtime, device or number of threads.
        RunError: there is no run, it has no checkpoint yet, or the file is not one of declnet's.
    """
    where = open_runtime(runtime, device, threads)
    if Path(path).is_file():
        return ExportedRun(ExportedFile(path, where), where, data)
    held = RunFolder.open(path)
    spec = specs.parse(held.spec, trusted=True)
    if spec.errors:
        raise SpecError(spec.errors)
    weights = held.kept().tensors
    return Run(Program(spec, where.target), weights, held.provenance, held.history, where, folder=held.path, given=data)
