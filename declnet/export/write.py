"""Export: make the model, prove it, describe it, write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator

from declnet.component import Component
from declnet.data import ArrayRows, Rows
from declnet.errors import RunError
from declnet.export.parity import Predict, compare, excess, random_rows
from declnet.plugins import Plugins
from declnet.program import Program, add_metadata
from declnet.wording import command

TOLERANCE = 1e-4


@dataclass(frozen=True)
class HeldOut:
    """Rows to compare on, and where they are from; *why* there are none, and random numbers must serve."""

    split: str = "random numbers"
    rows: Rows | None = None
    why: str | None = None


@dataclass(frozen=True)
class Exported:
    """What is exported: a program with the weights of a run, and what the run knows of itself.

    ``predict`` is what the file is held against, on the rows of ``held_out``. ``facts`` are JSON values by name for the
    file to tell: provenance, metrics. ``threads`` compute the comparison; None: one for each processor core.
    """

    program: Program
    weights: Mapping[str, np.ndarray]
    predict: Predict
    held_out: HeldOut
    facts: Mapping[str, Any]
    threads: int | None = None


def export(
    run: Exported,
    path: Path,
    *,
    format: str = "onnx",
    tolerance: float = TOLERANCE,
    force: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Write the model of *run* to *path*, once a fresh session of it predicts what the run predicts.

    The report goes into the file's metadata.

    Args:
        format: which exporter writes the file; *options* are its properties.
        tolerance: the greatest difference of any output, absolute for values below 1, relative for others.
        force: whether a file at *path* may be replaced.

    Returns:
        The report: file, format, parity.

    Raises:
        RunError: parity failed (DN5003), *path* cannot be written, or format or options are wrong. Nothing is written.
    """
    exporter, properties = _exporter(run.program.plugins, format, options)
    require_free(path, force)
    model = run.program.served(run.weights, run.facts)
    rows = run.held_out.rows or ArrayRows(random_rows(run.program.spec))
    found = compare(run.program.spec, run.predict, model, rows, run.threads)
    why = {"why": run.held_out.why} if run.held_out.why else {}
    parity = {"rows_from": run.held_out.split, **why, "tolerance": tolerance, **found}
    for name, differences in parity["outputs"].items():
        if not excess(differences) <= tolerance:
            raise RunError(
                f"output {name!r} of the model differs from that of the run; it is not exported",
                code="DN5003",
                found=", ".join(f"{key} {value:.3g}" for key, value in differences.items())
                + f" (rows from: {run.held_out.split})",
                allowed=f"at most {tolerance:g}",
                hint="nothing was written; raise the tolerance only if the model's users can bear the difference",
            )
    add_metadata(model, {"parity": parity})
    exporter(model, path, **properties)
    return {"file": str(path), "format": format, "parity": parity}


def _exporter(plugins: Plugins, format: str, options: Mapping) -> tuple[Component, dict]:
    """The exporter of *format*, and a value for each of its properties."""
    exporters = plugins.components("exporter")
    if format not in exporters:
        raise RunError.unknown(f"there is no export format {format!r}", format, exporters, command("exporter"))
    exporter = exporters[format]
    schema = {**exporter.schema, "additionalProperties": False}
    for error in Draft202012Validator(schema).iter_errors(dict(options)):
        raise RunError(
            f"wrong options for export format {format!r}: {error.message}",
            allowed=", ".join(exporter.properties) or "no options",
            hint=f"{command('exporter', format)} describes them",
        )
    return exporter, {key: options.get(key, value.get("default")) for key, value in exporter.properties.items()}


def require_free(path: Path, force: bool) -> None:
    """Raise RunError where *path* is not that of a file that may be written."""
    if path.is_dir() or not path.parent.is_dir():
        found = "a folder of this name" if path.is_dir() else f"no folder {path.parent}"
        raise RunError(f"the model cannot be written to {path}", found=found, allowed="a file in a folder that exists")
    if path.exists() and not force:
        raise RunError(f"{path} exists already", hint="choose another name, or replace it with --force (force=True)")
