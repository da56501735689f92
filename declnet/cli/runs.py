"""What is done with data: train, evaluate, predict, sample, export."""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from declnet.cli.application import (
    INTERRUPTED,
    Device,
    Force,
    Json,
    RunPath,
    Runtime,
    Set,
    SpecPath,
    Target,
    Threads,
    print_json,
    tell,
    verb,
)

if TYPE_CHECKING:
    from declnet import Run

DataPath = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="Rows to measure on (.npz, .json, .csv) instead of a split."),
]


@verb
def train(
    spec: SpecPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="The run folder to make.")],
    overrides: Set = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in RUN.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in RUN.")] = False,
    device: Device = "cpu",
    threads: Threads = None,
    target: Target = "auto",
    runtime: Runtime = "onnxruntime",
) -> None:
    """Train a spec.

    Ctrl-C stops after the present step; --resume goes on exactly there.
    """
    import declnet
    from declnet.cli.progress import shown_progress
    from declnet.run import HELD_OUT

    program = declnet.compile(spec, overrides, target=target, runtime=runtime, device=device)
    where: dict[str, Any] = {"runtime": runtime, "device": device, "threads": threads}
    tell(program.diagnostics)
    with shown_progress() as progress:
        try:
            run = declnet.train(program, out=out, resume=resume, force=force, observers=[progress], **where)
        except declnet.Interrupted:
            progress.close()
            again: list[object] = ["declnet", "train", spec, "-o", out]
            again += [part for override in overrides or () for part in ("--set", override)]
            chosen = {
                "--device": (device, "cpu"),
                "--threads": (threads, None),
                "--target": (target, "auto"),
                "--runtime": (runtime, "onnxruntime"),
            }
            again += [part for option, (given, usual) in chosen.items() if given != usual for part in (option, given)]
            print(f"\nstopped; to go on:  {shlex.join(map(str, again))} --resume")
            raise typer.Exit(INTERRUPTED) from None
    split = next(name for name in HELD_OUT if getattr(run.splits, name) is not None)
    _print_figures(f"best weights, {split} split", run.evaluate(split=split))
    which = "" if split == "test" else f" --split {split}"
    print(f"next:  declnet evaluate {out}{which}\n       declnet export {out} -o {program.spec.name}.onnx")


@verb
def evaluate(
    run: RunPath,
    data: DataPath = None,
    split: Annotated[str, typer.Option(metavar="SPLIT", help="train, validation or test.")] = "test",
    device: Device = "cpu",
    threads: Threads = None,
    runtime: Runtime = "onnxruntime",
    as_json: Json = False,
) -> None:
    """Measure loss and metrics of a run."""
    from declnet.cli.rows import read_rows

    model = _open(run, device, threads, runtime)
    columns = read_rows(data, model.spec) if data else None
    figures = model.evaluate(columns, split=split)
    if as_json:
        return print_json(figures)
    _print_figures(str(data) if data else f"{split} split", figures)


@verb
def predict(
    run: RunPath,
    given: Annotated[Path, typer.Option("-i", "--in", metavar="FILE", help="Rows: .npz, .npy, .json or .csv.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where they go: .npz, .json or .csv. [default: print]"),
    ] = None,
    device: Device = "cpu",
    threads: Threads = None,
    runtime: Runtime = "onnxruntime",
    force: Force = False,
) -> None:
    """Predict for the rows of a file."""
    from declnet.cli.rows import read_rows, require_writable, write_rows

    if out:
        require_writable(out, force)
    model = _open(run, device, threads, runtime)
    outputs = model.predict(read_rows(given, model.spec, inputs_only=True))
    if not out:
        return print_json({name: values.tolist() for name, values in outputs.items()})
    write_rows(out, outputs)
    print(f"{out}: {len(next(iter(outputs.values())))} rows of {', '.join(outputs)}")


@verb
def sample(
    run: RunPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Pictures (.png), or .npz, .json or .csv.")],
    count: Annotated[int, typer.Option("-n", metavar="N", min=1, max=100_000, help="How many to draw.")] = 64,
    seed: Annotated[
        int, typer.Option(metavar="SEED", min=0, max=2**31 - 1, help="Another seed gives other draws.")
    ] = 0,
    output: Annotated[str | None, typer.Option(metavar="NAME", help="Which output, where several are random.")] = None,
    columns: Annotated[int | None, typer.Option(metavar="N", min=1, help="Pictures side by side.")] = None,
    given: Annotated[
        Path | None, typer.Option("-i", "--in", metavar="FILE", help="N rows for inputs that are read.")
    ] = None,
    device: Device = "cpu",
    threads: Threads = None,
    runtime: Runtime = "onnxruntime",
    force: Force = False,
) -> None:
    """Draw from a generative model.

    An input of class numbers takes each class in turn.
    """
    from declnet.cli.grid import png_grid
    from declnet.cli.rows import WRITABLE, read_rows, require_writable, write_rows
    from declnet.training.checkpoint import write_bytes

    require_writable(out, force, (".png", *WRITABLE))
    model = _open(run, device, threads, runtime)
    rows = read_rows(given, model.spec, inputs_only=True) if given else None
    drawn = model.sample(count, seed=seed, output=output, data=rows)
    if out.suffix == ".png":
        write_bytes(out, png_grid(drawn, columns))
    else:
        write_rows(out, {output or "sample": drawn})
    print(f"{out}: {count} samples of shape {tuple(drawn.shape[1:])}")


@verb
def export(
    run: RunPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The file to write.")],
    format: Annotated[str, typer.Option(metavar="FORMAT", help="See `declnet layers --kind exporter`.")] = "onnx",
    options: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="A property of the format. Repeatable.")
    ] = None,
    tolerance: Annotated[float, typer.Option(metavar="T", min=0, help="Greatest difference from the run.")] = 1e-4,
    device: Device = "cpu",
    threads: Threads = None,
    runtime: Runtime = "onnxruntime",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the model for serving.

    Nothing is written before a fresh session of the model predicts what the run predicts.
    """
    model = _open(run, device, threads, runtime)
    report = model.export(out, format=format, force=force, tolerance=tolerance, **_options(options or ()))
    if as_json:
        return print_json(report)
    parity = report["parity"]
    differences = [max(figures.values()) for figures in parity["outputs"].values()]
    print(f"{out}: outputs {', '.join(parity['outputs'])}")
    sizes = " and ".join(map(str, parity["batch_sizes"]))
    where = f"{parity['rows_from']}: {parity['why']}" if "why" in parity else parity["rows_from"]
    print(f"parity: {parity['rows']} rows ({where}), in batches of {sizes}: ", end="")
    print(f"greatest difference {max(differences):.2g} (allowed {tolerance:g})")


def _open(path: Path, device: str, threads: int | None, runtime: str) -> "Run":
    import declnet

    return declnet.open_run(path, device=device, threads=threads, runtime=runtime)


def _options(given: Iterable[str]) -> dict[str, Any]:
    """NAME=VALUE texts, the values as JSON, else as they stand."""
    options = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def _print_figures(title: str, figures: dict) -> None:
    from declnet.cli.tables import figure, print_table

    print_table((title, "value"), [(name, figure(value)) for name, value in figures.items()], right=("value",))
