"""Write what the documentation takes from schemas, docstrings, rules and files.

docs/layers.md and docs/gradients.md are written whole; of other pages, parts.

    python scripts/make_docs.py

In a page that is written by hand, what stands between one of these and ``<!-- end -->`` is replaced:

    <!-- table: NAME -->    the keys of a definition in schemas/
    <!-- file: PATH -->     the content of a file
    <!-- check: PATH -->    what ``declnet check`` says of a spec
    <!-- options: KIND -->  what a component of a kind may say beside its schema
"""

import functools
import inspect
import json
import re
from pathlib import Path

import onnx

import declnet
from declnet.autodiff import BUILT_IN
from declnet.cli.installation import allowed
from declnet.kinds import KINDS
from declnet.plugins import Plugins, installed
from declnet.schema import compose, schema_dir
from declnet.target import NEWEST_OPSET, TRAINING

ROOT = Path(__file__).parent.parent
PIECES = ("core", "layer", "data", "training")
GENERATED = re.compile(r"(<!-- (table|file|check|options): (\S+) -->\n).*?(<!-- end -->)", flags=re.S)
INTRODUCTION = """\
# Layers, and everything else that a spec may name

Written by `make docs` from the schemas and docstrings of declnet's own plugins. `declnet layers`, `declnet layers TYPE`
and `declnet layers --kind KIND` print the same for what is installed.

In a spec each is an object `{"type": NAME, ...properties}`. Except for layers, the bare name stands for the object
without properties: `"relu"` for `{"type": "relu"}`; where a schedule is due, a number stands for
`{"type": "constant", "value": NUMBER}`. Layers also take the keys `name`, `inputs`, `repeat` and `freeze`; losses and
metrics take `name`, `from` and `target`, losses also `weight`, `mask`
and `sample_weight`: see [spec.md](spec.md).
"""

# The table of gradients does not depend on which newer operators the installed onnx knows.
OPSET = 23
GRADIENTS = """\
# Gradients of the operators

Written by `make docs` from the rules in declnet/autodiff/rules. `declnet.gradient` differentiates models made of the
operators of ai.onnx up to opset {newest}, here those of opset {opset}, {total} in all:

* *rule* ({rule}): a rule of declnet, in standard operators. What it does is said where it is not plain calculus.
* *decomposition* ({decomposition}): the operator is computed by other operators, which are differentiated.
* *body* ({body}): no rule; the body that ONNX publishes for the operator is differentiated.
* *flat* ({flat}): no gradient flows, for the reason given; what depends on the loss only through it has none.
* *none* ({none}): there could be a gradient; asking for it is an error that names the operator and the reason.

A rule may refuse some configurations, such as an axis that only a run can tell; the error says which. The last column
tells what `target="training"` takes from the fused kernels of onnxruntime-training builds. A plugin can add rules,
of these operators and of operators of other domains: see [plugins.md](plugins.md).
"""


def layers_page(plugins: Plugins) -> str:
    """Every component of every kind: what it does, and its properties."""
    contents, sections = [], []
    for kind in KINDS.values():
        components = plugins.components(kind.name)
        if not components:
            continue
        title = kind.plural.capitalize()
        links = ", ".join(f"[{name}](#{kind.name}-{name})" for name in components)
        contents.append(f"* [{title}](#{kind.plural}): {links}")
        sections.append(f"## {title}")
        sections += [_component(component) for component in components.values()]
    return "\n".join([INTRODUCTION, *contents, ""]) + "\n" + "\n\n".join(sections) + "\n"


def gradients_page() -> str:
    """How each operator of ai.onnx is differentiated."""
    names = {s.name for s in onnx.defs.get_all_schemas_with_history() if not s.domain and s.since_version <= OPSET}
    rows = [(name, *_gradient_of(name)) for name in sorted(names)]
    counts = {kind: sum(row[1] == kind for row in rows) for kind in ("rule", "decomposition", "body", "flat", "none")}
    lines = [f"| {name} | {kind} | {_first_line(text)} | {_fused(name)} |" for name, kind, text in rows]
    head = GRADIENTS.format(opset=OPSET, newest=NEWEST_OPSET, total=len(rows), **counts)
    titles = "| operator | gradient | what it does, or why | in training builds |"
    return "\n".join([head, titles, "|---|---|---|---|", *lines, ""])


def _gradient_of(name: str) -> tuple[str, str]:
    """Where the gradient of an operator comes from; its reason, or what the rule says."""
    schema = onnx.defs.get_schema(name, OPSET, "")
    for entry in BUILT_IN.entries.get(("", name), []):
        if not entry.needs:
            kind = {"Absent": "none"}.get(type(entry).__name__, type(entry).__name__.lower())
            return kind, inspect.getdoc(entry.function) or "" if hasattr(entry, "function") else entry.reason
    if schema.has_function or schema.has_context_dependent_function:
        return "body", ""
    raise SystemExit(f"{name} has neither a gradient nor, in declnet/autodiff/rules, a reason")


def _first_line(text: str) -> str:
    return text.partition("\n\n")[0].replace("\n", " ").replace("``", "`").replace("|", r"\|")


def _fused(name: str) -> str:
    forms = [entry for entry in BUILT_IN.entries.get(("", name), []) if TRAINING.meets(entry.needs) and entry.needs]
    return "; ".join(_first_line(inspect.getdoc(form.function) or "a fused kernel") for form in forms)


def refreshed(page: str) -> str:
    """*page* with what is generated in it made anew."""

    def replaced(match):
        begin, what, name, end = match.groups()
        made = {"table": _keys, "file": _file, "check": _check, "options": _options}[what](name)
        return f"{begin}{made}\n{end}"

    return GENERATED.sub(replaced, page)


def _component(component) -> str:
    heading = f'### <a id="{component.kind}-{component.type}"></a>{component.type}'
    parts = [heading, _markdown(inspect.getdoc(component.function))]
    if component.properties:
        parts.append(_table("property", component.properties, component.schema.get("required", ())))
    return "\n\n".join(parts)


def _markdown(docstring: str) -> str:
    """A docstring as Markdown: code stays code, and a section such as ``Raises:`` becomes a list."""
    lines = []
    for line in docstring.replace("``", "`").splitlines():
        if line.startswith("    "):
            lines.append(f"* {line.strip()}" if line[4] != " " else f"  {line.strip()}")
        elif line.endswith(":") and line[:-1].isalpha():
            lines += [line, ""]
        else:
            lines.append(line)
    return "\n".join(lines)


def _table(first: str, properties: dict, required) -> str:
    rows = [f"| {first} | value | default | what it says |", "|---|---|---|---|"]
    for name, schema in properties.items():
        cells = (f"`{name}`", _value(schema), _default(name, schema, required), schema["description"])
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(rows)


def _value(schema: dict) -> str:
    """What a key may hold; a choice of components is a link to them, a definition of ours is spelled out."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name in KINDS:
        return f"[{name}](layers.md#{KINDS[name].plural})"
    definition = _definitions().get(name, schema)
    return "object" if "properties" in definition else allowed(definition)


def _default(name: str, schema: dict, required) -> str:
    if name in required:
        return "required"
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""


@functools.cache
def _definitions() -> dict:
    """What the schemas that no plugin owns define, by name."""
    files = [json.loads((schema_dir() / f"{name}.schema.json").read_text(encoding="utf-8")) for name in PIECES]
    return {name: definition for file in files for name, definition in file["$defs"].items()}


def _keys(name: str) -> str:
    """The keys of a definition of the schemas: of an object, or of what may also be one, or a bare table of keys."""
    schema = compose() if name == "spec" else _definitions()[name]
    schema = schema.get("then", schema)
    return _table("key", schema.get("properties", schema), schema.get("required", ()))


def _options(kind: str) -> str:
    """The options of a kind, with their values."""
    rows = ["| option | value | default | what it says |", "|---|---|---|---|"]
    for name, option in KINDS[kind].options.items():
        default = "required" if option.required else f"`{option.default!r}`"
        values = " or ".join(f"`{value!r}`" for value in option.values)
        rows.append(f"| `{name}` | {values} | {default} | {option.description} |")
    return "\n".join(rows)


def _file(path: str) -> str:
    language = Path(path).suffix.removeprefix(".").replace("py", "python")
    return f"```{language}\n{(ROOT / path).read_text(encoding='utf-8').rstrip()}\n```"


def _check(path: str) -> str:
    _, diagnostics = declnet.check(ROOT / path)
    lines = "\n".join(str(diagnostic.at(file=path)) for diagnostic in diagnostics)
    return f"```console\n$ declnet check {path}\n{lines}\n```"


def pages() -> dict[Path, str]:
    """The content that each page with something generated is to have."""
    docs = ROOT / "docs"
    made = {docs / "layers.md": layers_page(installed()), docs / "gradients.md": gradients_page()}
    by_hand = [ROOT / "README.md", *(path for path in docs.glob("*.md") if path not in made)]
    return made | {path: refreshed(path.read_text(encoding="utf-8")) for path in by_hand}


if __name__ == "__main__":
    for path, content in pages().items():
        path.write_text(content, encoding="utf-8")
