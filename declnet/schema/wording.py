"""Put schemas and places in a spec into words, for messages."""

from __future__ import annotations

from declnet.wording import listed, shown

# So many values of a property are listed whole.
VALUES = 12

TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def describe(schema: object) -> str:
    """What a schema allows, in words: ``an integer, at least 1``."""
    if not isinstance(schema, dict):
        return "nothing"
    if "enum" in schema:
        return listed(schema["enum"], whole=VALUES)
    if "const" in schema:
        return shown(schema["const"])
    types = schema.get("type", [])
    words = [" or ".join(TYPES[type] for type in ([types] if isinstance(types, str) else types))]
    for key, text in (
        ("minimum", "at least {}"),
        ("exclusiveMinimum", "greater than {}"),
        ("maximum", "at most {}"),
        ("exclusiveMaximum", "less than {}"),
        ("multipleOf", "a multiple of {}"),
        ("minItems", "{} or more items"),
        ("maxItems", "at most {} items"),
        ("minProperties", "{} or more keys"),
        ("minLength", "{} or more characters"),
        ("pattern", "of the form {}"),
    ):
        if key in schema:
            words.append(text.format(schema[key]))
    if schema.get("uniqueItems"):
        words.append("no item twice")
    return ", ".join(word for word in words if word) or "another value"


def pointer_to(path: tuple) -> str:
    """The JSON pointer of a sequence of keys and indices."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)
