"""The application, and what all verbs share: how mistakes are told, and how often-used options are spelled."""

import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import declnet
from declnet.errors import DeclnetError, Diagnostic

MISTAKE = 2
INTERRUPTED = 130

app = typer.Typer(
    help="Compile declarative model specs to ONNX graphs that train and serve on ONNX Runtime.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, a JSON file.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or an ONNX file that `export` wrote.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Replace a value of the spec: training.epochs=5. Repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="Where to compute: cpu, cuda or cuda:INDEX.")]
Threads = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Threads that compute; one for each of several trainings. [default: cores]"),
]
Runtime = Annotated[str, typer.Option(metavar="RUNTIME", help="What computes: onnxruntime, or what a plugin offers.")]
Target = Annotated[
    str, typer.Option(metavar="TARGET", help="What the graphs are made for: auto, standard, training or web.")
]


@app.callback(invoke_without_command=True)
def _application(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(f"declnet {declnet.__version__}")
        raise typer.Exit


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Make *function* a verb. Mistakes are told in a few lines each, and end with exit code 2."""

    @functools.wraps(function)
    def guarded(**given: Any) -> None:
        diagnostics: Sequence[Diagnostic]
        try:
            return function(**given)
        except DeclnetError as error:
            diagnostics = error.diagnostics
        except BrokenPipeError:
            raise  # the reader has seen enough; typer ends quietly
        except OSError as error:
            diagnostics = [_of_system(error)]
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        if given.get("as_json"):
            print_json([diagnostic.as_dict() for diagnostic in diagnostics])
        else:
            tell(diagnostics)
        raise typer.Exit(MISTAKE)

    return app.command()(guarded)


def tell(diagnostics: Iterable[Diagnostic]) -> None:
    """Print mistakes and warnings to stderr, in colour where it is a terminal."""
    if not sys.stderr.isatty():
        for diagnostic in diagnostics:
            print(diagnostic, file=sys.stderr)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    for diagnostic in diagnostics:
        text = Text(str(diagnostic))
        text.highlight_regex(r"error\[DN\d+\]", "bold red")
        text.highlight_regex(r"warning\[DN\d+\]", "bold yellow")
        text.highlight_regex(r"(?m)^ +\^+$", "red")
        console.print(text, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print *value* as JSON for another program."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line."""
    app(prog_name="declnet")


def _of_system(error: OSError) -> Diagnostic:
    """What the operating system refused: a full disk, a missing permission."""
    return Diagnostic("DN0000", error.strerror or str(error), file=str(error.filename) if error.filename else None)
