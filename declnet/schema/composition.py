"""Compose one closed schema from schemas/ and from the components of the plugins.

Each component becomes a closed object ``$defs/KIND.TYPE``; ``$defs/KIND`` chooses among them by ``if type … then``.
Never by oneOf, whose messages hide the mistake, nor with unevaluatedProperties, whose messages are false when another
property is wrong.
"""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any

from declnet import plugins as installed_plugins
from declnet.component import Component
from declnet.errors import PluginError
from declnet.kinds import KINDS, Kind
from declnet.plugins import Plugins

PIECES = ("layer", "data", "training")

# What may stand in a layer in place of a type.
TYPELESS = {"block", "share"}


def schema_dir() -> Path:
    """Find ``schemas/``: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "schemas"
    return packaged if packaged.is_dir() else package.parent / "schemas"


def compose(plugins: Plugins | None = None) -> dict:
    """The schema of specs for *plugins* (default: those that are installed), as a new document."""
    return copy.deepcopy(composed(plugins or installed_plugins.installed()))


@functools.lru_cache(maxsize=8)
def composed(plugins: Plugins) -> dict:
    """The schema for *plugins*, made once; not to be changed."""
    document = _piece("core")
    definitions = document["$defs"]
    for name in PIECES:
        definitions.update(_piece(name)["$defs"])
    for kind in KINDS.values():
        keys = _keys(kind, definitions.pop(f"{kind.name}.keys", {}))
        components = plugins.components(kind.name)
        for type, component in components.items():
            definitions[f"{kind.name}.{type}"] = _closed(component, keys)
        definitions[kind.name] = _choice(kind, list(components))
    definitions["layer"] = _layer(definitions["layer"])
    return document


def editor(document: dict) -> dict:
    """The form of a composed schema that accepts a spec before ``${...}``, ``$include`` and blocks are resolved."""
    document = copy.deepcopy(document)
    document["$defs"]["block"]["properties"]["layers"]["items"] = {"$ref": "#/$defs/layer"}
    document = _loosened(document)
    document["$defs"]["later"] = {
        "if": {"type": "string"},
        "then": {"pattern": r"\$\{"},
        "else": {"type": "object", "required": ["$include"]},
    }
    return document


def _piece(name: str) -> dict:
    return json.loads((schema_dir() / f"{name}.schema.json").read_text(encoding="utf-8"))


def _keys(kind: Kind, described: dict) -> dict:
    """The keys that declnet itself reads from components of *kind*, which are those that no property may have.

    Raises:
        PluginError: schemas/ describes other keys than the kind names.
    """
    if {"type", *described} != set(kind.keys) - TYPELESS:
        raise PluginError(
            f"the keys of kind {kind.name!r} differ from those that schemas/ describes as {kind.name}.keys",
            found=", ".join(described) or "none",
            allowed=", ".join(key for key in kind.keys if key not in ("type", *TYPELESS)) or "none",
        )
    return described


def _closed(component: Component, keys: dict) -> dict:
    return {
        "type": "object",
        "description": component.summary,
        "required": ["type", *component.schema.get("required", ())],
        "properties": {"type": {"const": component.type}, **keys, **component.properties},
        "additionalProperties": False,
    }


def _choice(kind: Kind, types: list[str]) -> dict:
    rules = [
        {
            "if": {"type": "object"},
            "then": {"required": ["type"], "properties": {"type": {"title": f"{kind.name} type", "enum": types}}},
        }
    ]
    if "string" in kind.shorthands:
        rules.append({"if": {"type": "string"}, "then": {"title": f"{kind.name} type", "enum": types}})
    for type in types:
        condition = {"type": "object", "required": ["type"], "properties": {"type": {"const": type}}}
        rules.append({"if": condition, "then": {"$ref": f"#/$defs/{kind.name}.{type}"}})
    return {"title": kind.name, "type": ["object", *kind.shorthands], "allOf": rules}


def _layer(choice: dict) -> dict:
    """A layer has a type, or uses a block, or shares the weights of another layer."""
    return {
        "title": "layer",
        "type": "object",
        "if": {"type": "object", "required": ["block"]},
        "then": {"$ref": "#/$defs/block_use"},
        "else": {
            "if": {"type": "object", "required": ["share"]},
            "then": {"$ref": "#/$defs/shared_layer"},
            "else": choice,
        },
    }


def _loosened(schema: Any) -> Any:
    """Let every value inside *schema* also be one that is resolved later."""
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _later(child) for name, child in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            result[key] = _later(value)
        elif key == "$defs":
            result[key] = {name: _loosened(child) for name, child in value.items()}
        elif key == "allOf":
            result[key] = [_loosened(child) for child in value]
        elif key in ("then", "else"):
            result[key] = _loosened(value)
        else:
            result[key] = value
    return result


def _later(schema: dict) -> dict:
    if "const" in schema:
        return schema
    notes = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in notes}
    return {**notes, "if": {"$ref": "#/$defs/later"}, "else": _loosened(rest)} if rest else notes
