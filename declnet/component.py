"""A component is a function and the JSON Schema of its properties: a layer, a loss, an optimizer, ...

The schema is the law and the function is what the law means, so the two are held against each other as soon
as the module is imported: the function's keyword-only names must equal the schema's properties. Defaults live in
the schema alone, and every property has a description, from which docs and editors are fed.

A layer's schema also declares its weights, ``"weights": {"kernel": "glorot_uniform"}``. Each gives the layer three
properties, which the function does not take: ``net.weight("kernel", shape)`` reads what a spec chose.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from declnet.errors import PluginError

# A component as a spec chooses it: its type, or an object with "type" and properties.
Choice = str | Mapping[str, Any]

# The properties that a declared weight gives its layer, NAME_initializer, ..., and what they say; {} is the weight.
WEIGHT_PROPERTIES = {
    "initializer": "First values of {}.",
    "regularizer": "Penalty on {} that is added to the loss; null: none.",
    "constraint": "Condition on {} that is restored after each step; null: none.",
}


@dataclass(frozen=True)
class Kind:
    """What components of one kind have in common.

    ``arguments`` are the positional arguments that declnet passes; ``keys`` are the keys that declnet itself reads
    from the component's object in a spec, which no property may be called; ``scalar`` is the JSON type of a
    shorthand ("string": the name alone stands for the object), if any.
    """

    name: str
    plural: str
    arguments: tuple[str, ...]
    keys: tuple[str, ...] = ("type",)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("layer", "layers", ("net",), ("type", "name", "inputs", "share", "repeat", "freeze", "block")),
        Kind("activation", "activations", ("net", "x")),
        Kind(
            "loss",
            "losses",
            ("net", "prediction"),
            ("type", "name", "from", "target", "weight", "mask", "sample_weight"),
        ),
        Kind("optimizer", "optimizers", ("net", "parameter", "gradient")),
        Kind("schedule", "schedules", ("net", "step")),
        Kind("initializer", "initializers", ("random", "shape", "fans")),
        Kind("regularizer", "regularizers", ("net", "weight")),
        Kind("constraint", "constraints", ("net", "weight")),
        Kind("metric", "metrics", ("prediction", "target"), ("type", "name", "from", "target")),
        Kind("source", "sources", ("folder",)),
        Kind("exporter", "exporters", ("model", "path")),
    )
}


@dataclass(frozen=True)
class Component:
    """A function, its schema and its kind. Calling it calls the function.

    ``weights`` are the names of the weights that the schema of a layer declares; their properties are in the schema.
    """

    kind: str
    type: str
    function: Callable
    schema: Mapping = field(repr=False)
    options: Mapping = field(default_factory=dict, repr=False)
    weights: tuple[str, ...] = ()

    def __call__(self, *arguments, **properties):
        return self.function(*arguments, **properties)

    @property
    def properties(self) -> Mapping:
        return self.schema.get("properties", {})

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return inspect.getdoc(self.function).splitlines()[0]

    @property
    def inputs(self) -> tuple[int, int | None]:
        """The least and the greatest number of values that a layer takes; None: any number."""
        parameters = [p for p in inspect.signature(self.function).parameters.values() if p.kind != p.KEYWORD_ONLY]
        given = parameters[len(KINDS[self.kind].arguments) :]
        fixed = [p for p in given if p.kind != p.VAR_POSITIONAL]
        least = sum(p.default is p.empty for p in fixed)
        return (least, len(fixed)) if len(fixed) == len(given) else (max(least, 1), None)


def _decorator(kind: str):
    def decorate(schema: str | Mapping, **options):
        def register(function) -> Component:
            return _component(kind, function, schema, options)

        return register

    decorate.__name__ = kind
    decorate.__doc__ = f"""Make a function of {KINDS[kind].arguments} and keyword-only properties a {kind}.

    *schema* is a JSON Schema, or the path of its file beside the function's module ("dense.schema.json", or
    "activations.schema.json#elu" for one entry of a file).

    Raises:
        PluginError: the schema is not found or not of the expected form, or the signature differs from it.
    """
    return decorate


layer = _decorator("layer")
activation = _decorator("activation")
loss = _decorator("loss")
optimizer = _decorator("optimizer")
schedule = _decorator("schedule")
initializer = _decorator("initializer")
regularizer = _decorator("regularizer")
constraint = _decorator("constraint")
metric = _decorator("metric")
source = _decorator("source")
exporter = _decorator("exporter")


def _component(kind: str, function: Callable, schema: str | Mapping, options: Mapping) -> Component:
    name = function.__name__.rstrip("_")
    where = f"{kind} {name!r} ({inspect.getsourcefile(function)}:{function.__code__.co_firstlineno})"
    if isinstance(schema, str):
        schema = _read(schema, function, where)
    problems = list(_problems(KINDS[kind], function, schema))
    if problems:
        raise PluginError(f"{where}: " + "; ".join(problems))
    schema = dict(schema)
    if weights := schema.pop("weights", {}):
        schema["properties"] = {**schema.get("properties", {}), **_weight_properties(weights)}
    return Component(kind, name, function, schema, options, tuple(weights))


def _read(reference: str, function: Callable, where: str) -> Mapping:
    file, _, entry = reference.partition("#")
    path = Path(inspect.getsourcefile(function)).parent / file
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
        return schema[entry] if entry else schema
    except (OSError, ValueError, KeyError) as error:
        raise PluginError(f"{where}: its schema {reference!r} cannot be read: {error!r}") from None


def _problems(kind: Kind, function: Callable, schema: Mapping):
    """Say what keeps *function* and *schema* from being a component of *kind*."""
    parameters = inspect.signature(function).parameters.values()
    named = {p.name for p in parameters if p.kind == p.KEYWORD_ONLY}
    positional = [p for p in parameters if p.kind != p.KEYWORD_ONLY]
    properties = schema.get("properties", {})
    if named != set(properties):
        yield f"the function takes {sorted(named)}, its schema declares {sorted(properties)}"
    if any(p.default is not p.empty for p in parameters if p.kind == p.KEYWORD_ONLY):
        yield "a default stands in the signature; defaults belong into the schema"
    if len(positional) < len(kind.arguments) or (kind.name != "layer" and len(positional) > len(kind.arguments)):
        yield f"its positional arguments must be {kind.arguments}" + (" and the inputs" * (kind.name == "layer"))
    if kind.name == "layer" and len(positional) == 1:
        yield "a layer takes at least one input after net"
    if reserved := sorted(set(properties) & set(kind.keys)):
        yield f"declnet itself reads the keys {reserved}"
    if undescribed := [key for key, value in properties.items() if not value.get("description")]:
        yield f"no description for {undescribed}"
    if not inspect.getdoc(function):
        yield "the function has no docstring"
    known = {"type", "properties", "required", "$defs", "examples", *(["weights"] if kind.name == "layer" else [])}
    if extra := sorted(set(schema) - known):
        yield f"a schema holds type, properties, required and examples only, not {extra}"
    if unknown := sorted(set(schema.get("required", ())) - set(properties)):
        yield f"required, but not among the properties: {unknown}"
    yield from _weight_problems(schema.get("weights", {}), properties)


def _weight_problems(weights: Mapping[str, Choice], properties: Mapping):
    """Say what is wrong with the "weights" of a schema that has these *properties*."""
    is_map = isinstance(weights, Mapping)
    wrong = {name: weight for name, weight in weights.items() if not _is_weight(name, weight)} if is_map else weights
    if wrong or not is_map:
        yield f"weights map a name to an initializer, or to an object with initializer and description, not {wrong}"
    elif twice := sorted(set(properties) & set(_weight_properties(weights))):
        yield f"properties that its weights bring too: {twice}"


def _is_weight(name: str, weight: Choice) -> bool:
    """Whether an entry of "weights" has the expected form."""
    declared = _declared(weight)
    first = declared.get("initializer")
    is_choice = isinstance(first, str) or (isinstance(first, Mapping) and "type" in first)
    is_described = isinstance(declared.get("description", name), str)
    known = {*WEIGHT_PROPERTIES, "description"}
    return name.isidentifier() and is_choice and is_described and set(declared) <= known


def _declared(weight: Choice) -> Mapping:
    """The long form of an entry of "weights": its default choices, and the description."""
    return weight if isinstance(weight, Mapping) and "type" not in weight else {"initializer": weight}


def _weight_properties(weights: Mapping[str, Choice]) -> dict[str, dict]:
    """The properties by which a spec chooses for each of *weights*."""
    declared = {name: {"description": f"the {name}", **_declared(weight)} for name, weight in weights.items()}
    return {
        f"{name}_{kind}": {
            "$ref": f"#/$defs/{kind}",
            "default": weight.get(kind),
            "description": text.format(weight["description"]),
        }
        for kind, text in WEIGHT_PROPERTIES.items()
        for name, weight in declared.items()
    }
