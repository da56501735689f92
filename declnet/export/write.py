"""Export: make the model, prove it, describe it, write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jsonschema import Draft202012Validator

from declnet.component import Component
from declnet.data import conform
from declnet.errors import DataError, RunError
from declnet.export.model import add_metadata, columns_of, inference_model
from declnet.export.parity import compare, excess, random_rows
from declnet.plugins import Plugins, installed
from declnet.training.checkpoint import write_bytes
from declnet.wording import command

if TYPE_CHECKING:
    from declnet.compiler import Run

TOLERANCE = 1e-4
HELD_OUT = ("test", "validation", "train")


def export(
    run: Run,
    path: str | Path,
    *,
    format: str = "onnx",
    tolerance: float = TOLERANCE,
    force: bool = False,
    plugins: Plugins | None = None,
    **options,
) -> dict:
    """Write the model of *run* to *path*, once a fresh session of it predicts what the run predicts.

    They are compared on rows that were held out of the training where there are any. The report goes into the file's
    metadata, and to export.json in the run folder.

    Args:
        format: which exporter writes the file; *options* are its properties.
        tolerance: the greatest difference of any output, absolute for values below 1, relative for others.
        force: whether a file at *path* may be replaced.

    Returns:
        The report: file, format, parity, and the metrics on the rows that were compared.

    Raises:
        RunError: parity failed (DN5003), *path* cannot be written, or format or options are wrong. Nothing is written.
    """
    path, plugins = Path(path), plugins or installed()
    exporter, properties = _exporter(plugins, format, options)
    _require_free(path, force)
    split, columns, metrics = _held_out(run)
    provenance = {"provenance": run.provenance, "metrics": metrics}
    model = inference_model(run.spec, run.weights, provenance, plugins=plugins)
    parity = {"rows_from": split, "tolerance": tolerance, **compare(run.spec, run.predict, model, columns)}
    for name, differences in parity["outputs"].items():
        if not excess(differences) <= tolerance:
            raise RunError(
                f"output {name!r} of the model differs from that of the run; it is not exported",
                code="DN5003",
                found=", ".join(f"{key} {value:.3g}" for key, value in differences.items()) + f" (rows from: {split})",
                allowed=f"at most {tolerance:g}",
                hint="nothing was written; raise the tolerance only if the model's users can bear the difference",
            )
    add_metadata(model, {"parity": parity})
    exporter(model, path, **properties)
    report = {"file": str(path), "format": format, "parity": parity, "metrics": metrics}
    if run.folder is not None:
        write_bytes(run.folder / "export.json", (json.dumps(report, indent=2) + "\n").encode())
    return report


def _held_out(run: Run) -> tuple[str, Mapping[str, np.ndarray], dict]:
    """Rows to compare on: where they are from, the features, and the metrics of the run on that split."""
    try:
        splits = run.splits
        split = next(name for name in HELD_OUT if getattr(splits, name) is not None)
        columns = conform(getattr(splits, split), columns_of(run.spec), f"{split} data")
        return split, columns, {"split": split, **run.evaluate(split=split)}
    except DataError:
        return "random numbers", random_rows(run.spec), {}


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


def _require_free(path: Path, force: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        found = "a folder of this name" if path.is_dir() else f"no folder {path.parent}"
        raise RunError(f"the model cannot be written to {path}", found=found, allowed="a file in a folder that exists")
    if path.exists() and not force:
        raise RunError(f"{path} exists already", hint="choose another name, or replace it with --force (force=True)")
