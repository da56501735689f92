"""Write into a spec what its schemas know: objects for shorthands, defaults for absent keys."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator

from declnet import plugins as installed_plugins
from declnet.kinds import KINDS
from declnet.plugins import Plugins
from declnet.schema.composition import composed

REFERENCE = "#/$defs/"

# A container in a document; its values are found by keys or by indices.
Node = dict | list


def fill(document: dict, plugins: Plugins | None = None) -> dict:
    """Make shorthands objects and fill in defaults, in place; wrong values are left as they are.

    ``"relu"`` becomes ``{"type": "relu", ...}``, where a schedule is due ``0.1`` becomes ``{"type": "constant",
    "value": 0.1}``, and ``2.0`` becomes ``2`` where an integer is due.
    """

    def see(node: Node, key: Any, schema: dict, _: tuple) -> None:
        if isinstance(node, dict) and key not in node:
            if "default" not in schema:
                return
            node[key] = copy.deepcopy(schema["default"])
        node[key] = _object(node[key], schema)

    _Walk(plugins or installed_plugins.installed(), see).visit(document)
    return document


def paths(document: dict, plugins: Plugins | None = None) -> list[tuple]:
    """The places, as tuples of keys and indices, of all strings whose schema has ``"format": "path"``."""
    found: list[tuple] = []

    def see(node: Node, key: Any, schema: dict, path: tuple) -> None:
        if schema.get("format") == "path" and (isinstance(node, list) or key in node) and isinstance(node[key], str):
            found.append((*path, key))

    _Walk(plugins or installed_plugins.installed(), see).visit(document)
    return found


def _object(value: Any, schema: dict) -> Any:
    kind = schema.get("$ref", "").removeprefix(REFERENCE)
    shorthands = KINDS[kind].shorthands if kind in KINDS else ()
    if isinstance(value, str) and "string" in shorthands:
        return {"type": value}
    if "number" in shorthands and isinstance(value, int | float) and not isinstance(value, bool):
        return {"type": "constant", "value": value}
    if "integer" in schema.get("type", ()) and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class _Walk:
    """Go through a document beside its schema; ``see(container, key, schema, path)`` is called before
    going deeper."""

    def __init__(self, plugins: Plugins, see: Callable[[Node, Any, dict, tuple], None]):
        self.schema = composed(plugins)
        self.validator = Draft202012Validator(self.schema)
        self.see = see

    def visit(self, document: dict) -> None:
        self._enter(document, self.schema, ())

    def _enter(self, node: Any, schema: Any, path: tuple) -> None:
        if not isinstance(node, dict | list) or not isinstance(schema, dict):
            return
        if reference := schema.get("$ref"):
            self._enter(node, self._definition(node, reference.removeprefix(REFERENCE)), path)
        if "if" in schema:
            holds = self.validator.evolve(schema=schema["if"]).is_valid(node)
            self._enter(node, schema.get("then" if holds else "else"), path)
        for part in schema.get("allOf", ()):
            self._enter(node, part, path)
        if isinstance(node, list):
            for index in range(len(node) if "items" in schema else 0):
                self._step(node, index, schema["items"], path)
            return
        properties = schema.get("properties", {})
        for key, child in properties.items():
            self._step(node, key, child, path)
        if isinstance(others := schema.get("additionalProperties"), dict):
            for key in [key for key in node if key not in properties]:
                self._step(node, key, others, path)

    def _step(self, node: Node, key: Any, schema: dict, path: tuple) -> None:
        self.see(node, key, schema, path)
        if isinstance(node, list) or key in node:
            self._enter(node[key], schema, (*path, key))

    def _definition(self, node: Node, name: str) -> dict | None:
        """What a reference leads to; from a choice of components straight to the one that is named."""
        if name in KINDS and isinstance(node, dict) and "share" not in node and "block" not in node:
            type = node.get("type")
            name = f"{name}.{type}" if isinstance(type, str) else name
        return self.schema["$defs"].get(name)
