"""Put values, names and schemas into words, for messages."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Collection, Iterable, Iterator

LISTED = 40

TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of *names* that *name* was most likely meant to be, if any is close."""
    names = [other for other in names if isinstance(other, str)]
    exact = [other for other in names if other.lower() == name.lower()]
    return (exact or difflib.get_close_matches(name[:100], names, n=1, cutoff=0.6) or [None])[0]


def shown(value, limit: int = 80) -> str:
    """*value* as JSON, on one line, shortened, and fit for any terminal."""
    if isinstance(value, dict | list) and len(value) > 10:
        text = f"{TYPES['object' if isinstance(value, dict) else 'array']} of {len(value)}"
    else:
        text = json.dumps(value, default=repr, ensure_ascii=not _printable(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(values: Collection) -> str:
    """*values* for a message, the first few of them when they are many."""
    texts = [repr(value) if isinstance(value, str) else shown(value) for value in itertools.islice(values, LISTED)]
    return ", ".join(texts) + (f" and {len(values) - LISTED} more" if len(values) > LISTED else "")


def describe(schema) -> str:
    """What a schema allows, in words: ``an integer, at least 1``."""
    if not isinstance(schema, dict):
        return "nothing"
    if "enum" in schema:
        return listed(schema["enum"])
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


def _printable(value) -> bool:
    return all(part.isprintable() for part in _strings(value))


def _strings(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield str(key)
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)
