"""What is done to a spec before it is trained: check, summary, compile, schema."""

from pathlib import Path
from typing import Annotated

import typer

from declnet.cli.application import MISTAKE, Device, Force, Json, Runtime, Set, SpecPath, Target, print_json, tell, verb


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
def summary(
    spec: SpecPath,
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", min=1, help="Levels of blocks to show; 1 shows none within.")
    ] = None,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """Show what each block and layer gives, holds and costs."""
    import declnet
    from declnet.cli.tables import print_summary
    from declnet.compiler import sound
    from declnet.spec import parse

    # No runtime is opened for it, and nothing is lowered twice.
    counted = sound(declnet.Program(parse(spec, overrides))).summary()
    if as_json:
        print_json(counted.as_dict())
    else:
        print_summary(counted, depth)


@verb
def compile(
    spec: SpecPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Where the ONNX files go.")],
    overrides: Set = None,
    device: Device = "cpu",
    target: Target = "auto",
    runtime: Runtime = "onnxruntime",
    force: Force = False,
) -> None:
    """Write the ONNX graphs of a spec.

    These are forward, gradient, update, step and inference; of several objectives each has a gradient and an update.
    """
    import declnet
    from declnet.errors import RunError
    from declnet.training.checkpoint import write_bytes

    program = declnet.compile(spec, overrides, target=target, runtime=runtime, device=device)
    graphs = {"forward": program.forward, "step": program.step, "inference": program.inference}
    for half in program.halves:
        place = f".{half.objective}" if half.objective else ""
        graphs |= {f"gradient{place}": half.gradient, f"update{place}": half.update}
    models = {out / f"{name}.onnx": model for name, model in graphs.items() if model is not None}
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
