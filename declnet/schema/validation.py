"""Hold a spec against its schema and say everything that is wrong with it."""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from declnet import plugins as installed_plugins
from declnet.errors import Diagnostic
from declnet.kinds import KINDS
from declnet.plugins import Plugins
from declnet.schema.composition import composed
from declnet.schema.wording import describe, pointer_to
from declnet.wording import command, did_you_mean, listed, nearest, shown

GREATEST_INTEGER = 2**31 - 1


class _Unknown:
    """A value that could not be made out; its mistake is told already, so checks pass over it."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> _Unknown:
        return self

    def __deepcopy__(self, memo: dict) -> _Unknown:
        return self


UNKNOWN = _Unknown()


def validate(document: dict, plugins: Plugins | None = None) -> list[Diagnostic]:
    """Every mistake of *document* (after ``fill``), each with the JSON pointer of its place in *document*.

    A pointer leads to the value that is wrong, to the key that is unknown, or to the object in which one is missing.
    """
    plugins = plugins or installed_plugins.installed()
    mistakes: dict[Diagnostic, None] = {}
    absent: dict[tuple, dict] = {}
    for error in _validator(plugins).iter_errors(document):
        path = tuple(error.absolute_path)
        if error.instance is UNKNOWN:
            continue
        if error.validator in ("required", "additionalProperties"):
            # A default that was filled in has no mark: nobody gave it.
            given = [key for key in error.instance if key in getattr(error.instance, "marks", error.instance)]
            keys = absent.setdefault(path, {"given": given, "known": None, "missing": {}, "more": None})
            if error.validator == "required":
                keys["missing"] |= dict.fromkeys(key for key in error.validator_value if key not in error.instance)
            else:
                keys["known"] = list(error.schema.get("properties", ()))
                keys["more"] = _described_by(error.instance, keys["known"], plugins)
        else:
            mistakes[_value_mistake(error, path, document, plugins)] = None
    for path, keys in absent.items():
        for name, diagnostic in key_mistakes(**keys):
            place = path if name is None else (*path, name)
            mistakes[diagnostic.at(pointer=pointer_to(place))] = None
    told = {mistake.pointer for mistake in mistakes}
    mistakes |= dict.fromkeys(m for m in _sizes(document, ()) if m.pointer not in told)
    return list(mistakes)


def key_mistakes(
    given: Iterable[str], known: Collection[str] | None, missing: Iterable[str], more: str | None = None
) -> Iterator[tuple[str | None, Diagnostic]]:
    """Yield (key, mistake) for unknown and missing keys of one object; one of each that are alike are one mistake.

    Args:
        given: the keys that the object has.
        known: the keys that it may have; None where that is not known because a key decides it that is missing.
        missing: the keys that it lacks. Their mistakes have the key None.
        more: the command that lists the keys.
    """
    given, missing = list(given), list(missing)
    names = given if known is None else list(known)
    for key in [key for key in given if key not in names]:
        near = nearest(key, [*missing, *(name for name in names if name not in given)]) or nearest(key, names)
        message = f"unknown key {key[:60]!r}"
        if near:
            message += f"; did you mean {near!r}?"
        if near in missing:
            missing.remove(near)
            message += " (required here and missing)"
        elif near in given:
            message += " (given already)"
        yield key, Diagnostic("DN1101", message, found=shown(key), allowed=listed(names, key, more))
    for key in missing:
        near = nearest(key, given) if known is None else None
        if near:
            message = f"unknown key {near[:60]!r}; did you mean {key!r}? (required here and missing)"
            yield near, Diagnostic("DN1101", message, found=shown(near), allowed=shown(key))
            continue
        found = f"keys {listed(given)}" if given else "an empty object"
        yield None, Diagnostic("DN1102", f"missing key {key!r}", found, allowed=f"{key!r} is required here")


def _described_by(node: Mapping[str, Any], known: Collection[str], plugins: Plugins) -> str | None:
    """The command that lists the *known* keys of *node*, if it is a component."""
    for kind in KINDS:
        component = plugins.components(kind).get(str(node.get("type")))
        if component and component.properties.keys() <= set(known):
            return command(kind, component.type)
    return None


@functools.lru_cache(maxsize=8)
def _validator(plugins: Plugins) -> Draft202012Validator:
    return validators.extend(Draft202012Validator, {"allOf": _all_of})(composed(plugins))


def _all_of(validator: Any, rules: list, instance: Any, schema: dict) -> Iterator[ValidationError]:
    """``allOf``, which at a choice among components looks at the one that is chosen instead of at every rule."""
    kind = schema.get("title")
    if kind in KINDS and isinstance(instance, dict) and isinstance(instance.get("type"), str):
        chosen = [rule for rule in rules if rule["then"].get("$ref") == f"#/$defs/{kind}.{instance['type']}"]
        rules = [rules[0], *chosen]
    for index, rule in enumerate(rules):
        yield from validator.descend(instance, rule, schema_path=index)


def _value_mistake(error: ValidationError, path: tuple, document: dict, plugins: Plugins) -> Diagnostic:
    pointer, found = pointer_to(path), shown(error.instance)
    title = error.schema.get("title", "") if isinstance(error.schema, dict) else ""
    if error.validator == "enum" and title.removesuffix(" type") in KINDS and title.endswith(" type"):
        return _unknown_type(title.removesuffix(" type"), error, document, plugins).at(pointer=pointer)
    allowed = describe(error.schema)
    if "propertyNames" in error.absolute_schema_path:
        message = f"{shown(error.instance)} cannot be a name here"
        return Diagnostic("DN1101", message, found, allowed, pointer=pointer_to((*path, error.instance)))
    if error.validator == "type":
        return Diagnostic("DN1103", f"{_of(path)} has the wrong type of value", found, allowed, pointer=pointer)
    message = f"{_of(path)} has a value that is not allowed"
    if error.validator == "enum" and isinstance(error.instance, str):
        message += did_you_mean(error.instance, error.validator_value)
    return Diagnostic("DN1104", message, found, allowed, pointer=pointer)


def _unknown_type(kind: str, error: ValidationError, document: dict, plugins: Plugins) -> Diagnostic:
    name, types = error.instance, sorted(error.validator_value)
    found = shown(name)
    if not isinstance(name, str):
        return Diagnostic("DN1103", f"the type of {_a(kind)} is a name", found, listed(types, more=command(kind)))
    allowed = listed(types, name, command(kind)) or f"no {kind} is installed"
    mistake = functools.partial(Diagnostic, "DN1105", found=found, allowed=allowed)
    offers = document.get("plugins") if isinstance(document, dict) else None
    if isinstance(offers, dict) and isinstance(offers.get(name), str):
        return mistake(f"unknown {kind} type {name!r}", hint=_advice(kind, name, offers[name]))
    for other in KINDS:
        if other != kind and name in plugins.components(other):
            allowed, written = f"{_a(kind)}: {command(kind)}", KINDS[other].written.format(name)
            return mistake(f"{name!r} is no {kind} but {_a(other)}", allowed=allowed, hint=f"write it as {written}")
    if asked := did_you_mean(name, types):
        return mistake(f"unknown {kind} type {name!r}{asked}")
    hint = f'if a plugin brings it: install that plugin, and name it here: "plugins": {{{shown(name)}: DISTRIBUTION}}'
    return mistake(f"unknown {kind} type {name!r}", hint=hint)


def _advice(kind: str, type: str, distribution: str) -> str:
    """What to do about a component that the spec says *distribution* would bring."""
    name = re.split(r"[^A-Za-z0-9._-]", distribution.strip())[0]
    try:
        version = importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return f"the spec says that {name} brings it, which is not installed: `pip install {name}`"
    return f"the spec says that {name} brings it; {name} {version} is installed but offers no {kind} {type!r}"


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def _sizes(node: Any, path: tuple) -> Iterator[Diagnostic]:
    """Absurd integers: no size, count or seed needs more than 31 bits."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _sizes(value, (*path, key))
    elif isinstance(node, int) and abs(node) > GREATEST_INTEGER:
        yield Diagnostic(
            "DN1104",
            f"{_of(path)} is too large an integer",
            shown(node),
            f"at most {GREATEST_INTEGER}",
            pointer=pointer_to(path),
        )


def _of(path: tuple) -> str:
    """What the value at *path* is called: the key, or the item of a key."""
    keys = [str(key)[:60] for key in path if isinstance(key, str)]
    if not keys:
        return "the spec"
    return f"{keys[-1]!r}" if isinstance(path[-1], str) else f"an item of {keys[-1]!r}"
