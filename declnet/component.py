"""A component is a function and the JSON Schema of its properties: a layer, a loss, an optimizer, ...

The schema is the law and the function is what the law means, so the two are held against each other as soon
as the module is imported: the function's keyword-only names must equal the schema's properties. Defaults live in
the schema alone, and every property has a description, from which docs and editors are fed.

A layer's schema also declares its weights, ``"weights": {"kernel": "glorot_uniform"}``. Each gives the layer three
properties, which the function does not take: ``net.weight("kernel", shape)`` reads what a spec chose.

What the components of one kind have in common says a Kind; declnet/kinds.py lists them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from declnet.errors import PluginError
from declnet.wording import did_you_mean

# A component as a spec chooses it: its type, or an object with "type" and properties.
Choice = str | Mapping[str, Any]

# The properties that a declared weight gives its layer, NAME_initializer, ..., and what they say; {} is the weight.
WEIGHT_PROPERTIES = {
    "initializer": "First values of {}.",
    "regularizer": "Penalty on {} that is added to the loss; null: none.",
    "constraint": "Condition on {} that is restored after each step; null: none.",
}


@dataclass(frozen=True)
class Option:
    """What a component may say of itself beside its schema, in its decorator: ``@loss(schema, target=False)``.

    ``values`` are those that it may have; ``default`` is that of a component which does not say, unless it is
    ``required`` to.
    """

    description: str
    values: tuple
    default: Any = None
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What components of one kind have in common; also the decorator that makes a component of a function.

    Args:
        plural: plugins offer them through the hook ``declnet_<plural>``.
        arguments: the positional arguments that declnet passes.
        inputs: whether values follow, as many as the component takes.
        returns: what the functions are for: ends the sentence "Functions (arguments) ...".
        examples: types, for the example of the hook.
        written: how a spec chooses one, with ``{}`` in place of its type.
        keys: what declnet itself reads from a component's object in a spec; no property may be called so.
        shorthands: the JSON types that may stand for an object: "string", the type alone; "number", a constant;
            "null", none.
        options: what a component may say beside its schema, by name.

    Raises:
        PluginError: one of these says nothing.
    """

    name: str
    plural: str
    arguments: tuple[str, ...]
    returns: str
    examples: tuple[str, ...]
    written: str
    inputs: bool = False
    keys: tuple[str, ...] = ("type",)
    shorthands: tuple[str, ...] = ("string",)
    options: Mapping[str, Option] = field(default_factory=dict)

    def __post_init__(self) -> None:
        optional = ("inputs", "shorthands", "options")
        lacking = [each.name for each in fields(self) if each.name not in optional and not getattr(self, each.name)]
        lacking += ["'{}' in written"] * ("{}" not in self.written) + ["'type' in keys"] * ("type" not in self.keys)
        lacking += [f"a description of option {name!r}" for name, each in self.options.items() if not each.description]
        lacking += [f"values of option {name!r}" for name, each in self.options.items() if not each.values]
        if lacking:
            raise PluginError(f"kind {self.name!r} lacks {', '.join(lacking)}")

    @property
    def hook(self) -> str:
        """The name of the hook through which plugins offer such components."""
        return f"declnet_{self.plural}"

    @property
    def signature(self) -> str:
        """The parameters of the functions: ``(net, x, *, properties)``."""
        return f"({', '.join([*self.arguments, *('x', '...')[: 2 * self.inputs], '*', 'properties'])})"

    def __call__(self, schema: str | Mapping, **options: Any) -> Callable[[Callable], Component]:
        """Make a component of a function, whose keyword-only parameters are the properties of *schema*.

        Args:
            schema: a JSON Schema, or the path of its file beside the function's module ("dense.schema.json", or
                "activations.schema.json#elu" for one entry of a file).
            options: those of this kind.

        Raises:
            PluginError: the schema is not found or not of the expected form, the signature differs from it, or an
                option is unknown, missing or of another value than it may have.
        """
        return lambda function: _component(self, function, schema, options)


@dataclass(frozen=True)
class Component:
    """A function, its schema and its kind. Calling it calls the function.

    ``options`` holds every option of the kind; ``inputs`` the least and the greatest number of values that are passed
    after the kind's own arguments, None: any number.
    ``weights`` are the names of the weights that the schema of a layer declares; their properties are in the schema.
    """

    kind: str
    type: str
    function: Callable
    schema: Mapping = field(repr=False)
    options: Mapping[str, Any] = field(repr=False)
    inputs: tuple[int, int | None] = field(repr=False)
    weights: tuple[str, ...] = field(repr=False)

    def __call__(self, *arguments: Any, **properties: Any) -> Any:
        return self.function(*arguments, **properties)

    @property
    def properties(self) -> Mapping:
        return self.schema.get("properties", {})

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


def _component(kind: Kind, function: Callable, schema: str | Mapping, options: Mapping) -> Component:
    name = function.__name__.rstrip("_")
    where = f"{kind.name} {name!r} ({inspect.getsourcefile(function)}:{function.__code__.co_firstlineno})"
    if isinstance(schema, str):
        schema = _read(schema, function, where)
    problems = [*_problems(kind, function, schema), *_option_problems(kind, options)]
    if problems:
        raise PluginError(f"{where}: " + "; ".join(problems))
    complete = {key: options.get(key, option.default) for key, option in kind.options.items()}
    schema = dict(schema)
    if weights := schema.pop("weights", {}):
        schema["properties"] = {**schema.get("properties", {}), **_weight_properties(weights)}
    return Component(kind.name, name, function, schema, complete, _inputs(kind, function), tuple(weights))


def _inputs(kind: Kind, function: Callable) -> tuple[int, int | None]:
    """The least and the greatest number of values that *function* takes after the arguments of its kind."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind != p.KEYWORD_ONLY]
    given = parameters[len(kind.arguments) :]
    fixed = [p for p in given if p.kind != p.VAR_POSITIONAL]
    least = sum(p.default is p.empty for p in fixed)
    return (least, len(fixed)) if len(fixed) == len(given) else (max(least, 1), None)


def _read(reference: str, function: Callable, where: str) -> Mapping:
    file, _, entry = reference.partition("#")
    path = Path(inspect.getsourcefile(function) or "").parent / file
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
        return schema[entry] if entry else schema
    except (OSError, ValueError, KeyError) as error:
        raise PluginError(f"{where}: its schema {reference!r} cannot be read: {error!r}") from None


def _problems(kind: Kind, function: Callable, schema: Mapping) -> Iterator[str]:
    """Say what keeps *function* and *schema* from being a component of *kind*."""
    parameters = inspect.signature(function).parameters.values()
    named = {p.name for p in parameters if p.kind == p.KEYWORD_ONLY}
    positional = [p for p in parameters if p.kind != p.KEYWORD_ONLY]
    properties = schema.get("properties", {})
    if named != set(properties):
        yield f"the function takes {sorted(named)}, its schema declares {sorted(properties)}"
    if any(p.default is not p.empty for p in parameters if p.kind == p.KEYWORD_ONLY):
        yield "a default stands in the signature; defaults belong into the schema"
    if len(positional) < len(kind.arguments) or (not kind.inputs and len(positional) > len(kind.arguments)):
        yield f"its positional arguments must be {kind.arguments}" + (" and the inputs" * kind.inputs)
    if kind.inputs and len(positional) == len(kind.arguments):
        yield f"a {kind.name} takes at least one input after {kind.arguments[-1]}"
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


def _weight_problems(weights: Mapping[str, Choice], properties: Mapping) -> Iterator[str]:
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


def _option_problems(kind: Kind, options: Mapping) -> Iterator[str]:
    """Say what keeps *options* from being those of a component of *kind*."""
    for name, value in options.items():
        if name not in kind.options:
            yield f"there is no option {name!r}{did_you_mean(name, kind.options)}; allowed: {_listed(kind.options)}"
        elif value not in (option := kind.options[name]).values:
            meant = did_you_mean(str(value), map(str, option.values))
            yield f"option {name!r} is {value!r}{meant}; allowed: {_listed(option.values)}"
    for name, option in kind.options.items():
        if option.required and name not in options:
            yield f"option {name!r} is missing: {option.description}; allowed: {_listed(option.values)}"


def _listed(values: Collection) -> str:
    return ", ".join(map(repr, values)) or "none"
