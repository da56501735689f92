"""From the text of a spec to a checked, normalised Spec.

    source      JSON text → data in which every value knows its place
    include     $include
    overrides   --set PATH=VALUE
    variables   ${...}                      (expressions: the arithmetic)
    blocks      blocks, repeat, share       (names: what a reference means)
    normal      one spelling, dependent defaults, paths
    checks      references, unused and doubtful things

declnet.schema fills in defaults and validates in between. Each phase goes on after a mistake, so that all are told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from declnet import plugins as installed_plugins
from declnet.errors import Diagnostic
from declnet.kinds import KINDS
from declnet.plugins import Plugins
from declnet.schema import UNKNOWN, fill, validate
from declnet.spec.blocks import Expansion
from declnet.spec.checks import Checks
from declnet.spec.include import Includes
from declnet.spec.marks import Mark, Mistakes, Object, TooLarge, has_unknown, items, locate, located, mark_of, plain
from declnet.spec.model import Input, LayerSpec, Spec, tokens
from declnet.spec.normal import complete, resolve_paths, spell
from declnet.spec.overrides import override
from declnet.spec.sections import (
    Checkpointing,
    Data,
    EarlyStopping,
    InitializeFrom,
    LossSpec,
    MetricSpec,
    Objective,
    Output,
    Split,
    Training,
)
from declnet.spec.source import Reader
from declnet.spec.variables import Substitution, Variables
from declnet.wording import shown

__all__ = [
    "Checkpointing",
    "Data",
    "EarlyStopping",
    "InitializeFrom",
    "Input",
    "LayerSpec",
    "LossSpec",
    "MetricSpec",
    "Objective",
    "Output",
    "Spec",
    "Split",
    "Training",
    "parse",
]

# What the normal form no longer has.
RESOLVED = ("variables", "blocks")

# What a file's name may hold and a model's name may not.
NOT_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_-]")


def parse(
    source: Path | str | Mapping[str, Any],
    overrides: Mapping[str, Any] | Iterable[str] | None = None,
    trusted: bool = False,
    plugins: Plugins | None = None,
    folder: Path | str | None = None,
) -> Spec:
    """Read, resolve, normalise and check a spec; what is wrong stands in ``Spec.diagnostics``, nothing is raised.

    Args:
        source: the path of a JSON file, or the spec itself as a dict.
        overrides: ``{"training.epochs": 5}`` or ``["training.epochs=5"]``; see declnet.spec.overrides.
        trusted: paths may lead out of the spec's folder, as in the normalised spec of a run.
        plugins: whose components the spec may name; those that are installed by default.
        folder: where relative paths begin; default: the folder of the file, or the working directory.

    Raises:
        PluginError: the installed plugins are at fault.
    """
    plugins = plugins or installed_plugins.installed()
    mistakes = Mistakes()
    path = None if isinstance(source, Mapping) else Path(source)
    folder = Path(folder) if folder is not None else path.parent if path else Path.cwd()
    reader = Reader(mistakes)
    start = Mark(reader.text(str(path) if path else "<spec>", path=path))
    try:
        return _parse(source, path, start, overrides, trusted, plugins, folder, reader, mistakes)
    except TooLarge:
        pass
    except RecursionError:
        mistakes.note("DN1005", start, "the spec is nested too deeply")
    return _empty(path, folder, start, mistakes)


def _parse(
    source: Path | str | Mapping[str, Any],
    path: Path | None,
    start: Mark,
    overrides: Mapping[str, Any] | Iterable[str] | None,
    trusted: bool,
    plugins: Plugins,
    folder: Path,
    reader: Reader,
    mistakes: Mistakes,
) -> Spec:
    tree = reader.read(path, str(path)) if path else located(source, start.text, mistakes)
    if tree is not UNKNOWN:
        opened = (path.resolve(),) if path else ()
        tree = Includes(folder, reader, mistakes).resolve(tree, getattr(tree, "mark", start), opened)
    if not isinstance(tree, Object):
        if tree is not UNKNOWN:
            mistakes.note("DN1103", start, "a spec is a JSON object", found=shown(tree), allowed="an object")
        return _empty(path, folder, start, mistakes)
    override(tree, overrides, reader, mistakes)

    substitution = Substitution(mistakes)
    variables = Variables(tree.get("variables"), mark_of(tree, "variables", tree.mark), substitution)
    resolved = Object(mark=tree.mark, marks=dict(tree.marks))
    for key, value in items(tree):
        mark = mark_of(tree, key, tree.mark)
        kept = key in ("layers", *RESOLVED) and isinstance(value, dict | list)
        resolved[key], resolved.marks[key] = (value, mark) if kept else substitution.apply(value, mark, variables)
    tree = resolved
    expansion = Expansion(tree, variables, substitution, mistakes)
    if isinstance(tree.get("layers"), list) and tree["layers"]:
        tree["layers"] = expansion.layers
    variables.check()

    spell(tree)
    fill(tree, plugins)
    found = validate(tree, plugins)
    _locate(tree, found, mistakes)
    complete(tree, expansion.names[-1] if expansion.names else None)
    resolve_paths(tree, folder, trusted, plugins, mistakes)

    wrong = [tokens(diagnostic.pointer, tree) for diagnostic in found]
    broken = {*expansion.broken, *(path[1] for path in wrong if path[:1] == ("layers",) and path[1:])}
    layers = _layers(tree, expansion, broken)
    checks = Checks(tree, layers, expansion, plugins, mistakes)
    checks.references()
    checks.objectives()
    checks.names()
    checks.figures()
    broken |= checks.input_counts()
    if not mistakes.errors:
        checks.unused(variables)
    checks.doubtful()
    wrong_inputs = {path[1] for path in wrong if path[:1] == ("inputs",) and path[1:]}
    return _spec(tree, path, folder, _layers(tree, expansion, broken), mistakes, wrong_inputs)


def _locate(tree: Object, found: list[Diagnostic], mistakes: Mistakes) -> None:
    """Note what validation found, each where its value, or the nearest parent, stands in a file."""
    for diagnostic in found:
        mark, _ = locate(tree, tokens(diagnostic.pointer, tree))
        mistakes.add(diagnostic, mark, on_key=diagnostic.code == "DN1101")


def _layers(tree: Object, expansion: Expansion, broken: Collection[str | int]) -> list[LayerSpec]:
    """The layers of the normalised tree; those that share have type and properties of the layer that they share."""
    result: list[LayerSpec] = []
    origins: dict[str, LayerSpec] = {}
    for index, name in enumerate(expansion.names):
        node = tree["layers"][index]
        wrong = index in broken or has_unknown(node)
        node = node if isinstance(node, dict) else {}
        inputs = node.get("inputs")
        taken = tuple(str(name) for name in inputs) if isinstance(inputs, list) else ()
        share = node.get("share") if isinstance(node.get("share"), str) else None
        origin = origins.get(share) if share else None
        type = origin.type if origin else node.get("type")
        properties = {key: value for key, value in node.items() if key not in KINDS["layer"].keys}
        layer = LayerSpec(
            name=name,
            type=type if isinstance(type, str) else "",
            inputs=taken,
            properties=origin.properties if origin else plain(properties),
            share=share,
            freeze=origin.freeze if origin else node.get("freeze") is True,
            pointer=f"/layers/{index}",
            broken=wrong or (share is not None and (origin is None or origin.broken)),
        )
        origins.setdefault(name, layer)
        result.append(layer)
    return result


def _spec(
    tree: Object,
    path: Path | None,
    folder: Path,
    layers: list[LayerSpec],
    mistakes: Mistakes,
    wrong_inputs: Collection[str | int] = (),
) -> Spec:
    for key in RESOLVED:
        tree.pop(key, None)
    tree.setdefault("name", NOT_NAME.sub("_", path.stem) if path else "model")
    document = plain(tree)
    given = document["inputs"] if isinstance(document.get("inputs"), dict) else {}
    inputs = {
        name: Input(name, node["dtype"], tuple(node["shape"]))
        for name, node in given.items()
        if name not in wrong_inputs and isinstance(node, dict)
    }
    sections = {} if mistakes.errors else document
    return Spec(
        name=str(document["name"]),
        inputs=inputs,
        layers=tuple(layers),
        outputs={name: Output.of(given) for name, given in sections.get("outputs", {}).items()},
        data=Data.of(sections["data"]) if "data" in sections else None,
        training=Training.of(sections["training"]) if "training" in sections else None,
        document=document,
        folder=folder,
        diagnostics=mistakes.sorted(),
        tree=tree,
    )


def _empty(path: Path | None, folder: Path, start: Mark, mistakes: Mistakes) -> Spec:
    """The spec of a text from which nothing could be made out."""
    return _spec(Object(mark=start), path, folder, [], mistakes)
