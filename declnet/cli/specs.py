"""What is done to a spec before it is trained: check, summary, compile, schema."""

from pathlib import Path
from typing import Annotated

import typer

from declnet.cli.application import MISTAKE, Force, Json, Kernels, Set, SpecPath, print_json, tell, verb

MODELS = ("forward", "gradient", "update", "step", "inference")


@verb
def check(spec: SpecPath, overrides: Set = None, as_json: Json = False) -> None:
    """Tell every mistake of a spec."""
    import declnet

    checked, diagnostics = declnet.check(spec, overrides)
    if as_json:
        print_json([diagnostic.as_dict() for diagnostic in diagnostics])
    else:
        tell(diagnostics)
    mistakes = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    if mistakes:
        raise typer.Exit(MISTAKE)
    if not as_json:
        print(f"{spec}: no mistakes, warnings: {len(diagnostics)}, layers: {len(checked.layers)}")


@verb
def summary(spec: SpecPath, overrides: Set = None, as_json: Json = False) -> None:
    """Show what each layer gives, holds and costs."""
    import declnet
    from declnet.cli.tables import count, print_table, size
    from declnet.summary import COUNTED, summarise

    counted = summarise(declnet.load(spec, overrides))
    if as_json:
        return print_json(counted.as_dict())
    titles = ("layer", "type", "inputs", "output", "parameters", "fixed", "multiply-adds", "activations")
    rows = [
        (
            row.name,
            row.type,
            ", ".join(row.inputs),
            "(" + ", ".join("?" if dim is None else str(dim) for dim in row.shape) + ")",
            count(row.parameters),
            count(row.fixed),
            count(row.multiply_adds),
            size(row.activation_bytes),
        )
        for row in counted.rows
    ]
    totals = (
        counted.name,
        "",
        "",
        "",
        count(counted.total_parameters),
        count(counted.total_fixed),
        count(counted.total_multiply_adds),
        size(counted.total_activation_bytes),
    )
    print_table(titles, rows, right=titles[4:], totals=totals)
    print(f"multiply-adds and activations are for one row of data; counted are the {COUNTED}.")
    print("fixed are frozen weights, and statistics that training keeps without a gradient.")


@verb
def compile(
    spec: SpecPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Where the ONNX files go.")],
    overrides: Set = None,
    kernels: Kernels = "auto",
    force: Force = False,
) -> None:
    """Write the ONNX graphs of a spec.

    These are forward, gradient, update, step and inference.
    """
    import declnet
    from declnet.errors import RunError
    from declnet.training.checkpoint import write_bytes

    program = declnet.compile(declnet.load(spec, overrides), kernels=kernels)
    models = {out / f"{name}.onnx": getattr(program, name) for name in MODELS}
    models = {path: model for path, model in models.items() if model is not None}
    if out.exists() and not out.is_dir():
        raise RunError(f"the graphs cannot be written to {out}", found="a file", allowed="a folder")
    if there := [path for path in models if path.exists() and not force]:
        raise RunError(f"{there[0]} exists", found="a file", allowed="a new file", hint="--force replaces it")
    for path, model in models.items():
        write_bytes(path, model.SerializeToString(deterministic=True))
        print(f"{path}: {len(model.graph.node)} operators")


@verb
def schema() -> None:
    """Print the JSON Schema of specs.

    It holds everything that the installed plugins offer, in the form for editors.
    """
    from declnet.schema import compose, editor

    print_json(editor(compose()))
