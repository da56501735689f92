"""ONNX operators as methods."""

from __future__ import annotations

import functools
from typing import Any


class Operators:
    """Gives each ONNX operator a method that is spelled as in the manual: ``net.Conv(x, w, strides=[2, 2])``.

    A class below has ``op``, which emits one. The signatures for type checkers and editors are in operators.pyi, made
    by scripts/make_operators.py.
    """

    def __getattr__(self, name: str) -> functools.partial[Any]:
        if not name[:1].isupper():
            hint = "ONNX operators begin with a capital letter"
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}; {hint}")
        return functools.partial(self.op, name)
