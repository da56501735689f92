"""How names, values, types and shapes are written in messages."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

# So many names are listed whole; of more, the nearest ones and their number.
WHOLE, NEAREST = 6, 3

# How much like a name another must be to be asked for: difflib's ratio, from 0 to 1.
LIKENESS = 0.6

# Of more names than this only such are compared in full: the others are soon seen to be none.
MANY = 1000

# What ONNX calls otherwise than numpy and a spec.
DTYPES = {"FLOAT": "float32", "DOUBLE": "float64"}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of *known* that *name* was probably meant to be, if any is close."""
    return next(iter(_close(name, known, 1, LIKENESS)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'dense'?`` for the end of a message; nothing where no name is close."""
    near = nearest(name, known)
    return "" if near is None else f"; did you mean {near!r}?"


def listed(values: Collection[Any], name: str | None = None, more: str | None = None, whole: int = WHOLE) -> str:
    """*values* for a message: all, or where they are more than *whole* a few and the number of the others.

    Args:
        name: show those that are most like it; None: the first.
        more: where all of them can be seen.
    """
    if len(values) <= whole:
        return ", ".join(map(_quoted, values))
    few = [] if name is None else _close(name, values, NEAREST, LIKENESS if len(values) > MANY else 0.0)
    few = few or list(itertools.islice(values, NEAREST))
    return f"{', '.join(map(_quoted, few))} and {len(values) - len(few)} more" + (f": {more}" if more else "")


def command(kind: str, type: str = "") -> str:
    """The command that lists what there is of a *kind* of component, or that describes one *type* of it."""
    words = ["declnet layers", type, "" if kind == "layer" else f"--kind {kind}"]
    return f"`{' '.join(word for word in words if word)}`"


def shown(value: object, limit: int = 80) -> str:
    """*value* as JSON, on one line, shortened, and fit for any terminal."""
    if isinstance(value, dict | list) and len(value) > 10:
        text = f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    else:
        text = json.dumps(value, default=repr, ensure_ascii=not _printable(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shape_text(shape: Iterable[object] | None) -> str:
    """``(N, 3)``, as Python writes a tuple; "?" is a size that is not known, "…" an unknown number of axes."""
    if shape is None:
        return "(…)"
    sizes = [getattr(size, "value", size) for size in shape]
    texts = ["?" if size is None else str(size) for size in sizes]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def dtype_text(dtype: object) -> str:
    """``float32``: the name of a type that is a name, or numpy's or onnx-ir's object for it; None: not known."""
    if dtype is None:
        return "?"
    name = str(getattr(dtype, "name", dtype))
    text = "string" if getattr(dtype, "kind", "") in ("U", "S") else name.lower() if name.isupper() else name
    return DTYPES.get(name, text)


def type_text(dtype: object, shape: Iterable[object] | None) -> str:
    """``float32 (N, 3)``."""
    return f"{dtype_text(dtype)} {shape_text(shape)}"


def _close(name: str, known: Iterable[str], count: int, likeness: float) -> list[str]:
    """Up to *count* names of *known* that are like *name*, the likeliest first, whatever their case."""
    spellings: dict[str, list[str]] = {}
    for other in known:
        if isinstance(other, str):
            spellings.setdefault(other.lower(), []).append(other)
    close = difflib.get_close_matches(name.lower()[:100], spellings, n=count, cutoff=likeness)
    return [other for spelling in close for other in spellings[spelling]][:count]


def _quoted(value: object) -> str:
    return repr(value) if isinstance(value, str) else shown(value)


def _printable(value: object) -> bool:
    return all(part.isprintable() for part in _strings(value))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield str(key)
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)
