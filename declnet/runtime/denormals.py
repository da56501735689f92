"""Let denormals count as zero in the calling thread, for as long as a step runs.

Denormals are numbers below 1.2e-38, which processors handle slowly. Where a gradient has died out, Adam's moments
shrink into them and stay: rounded to the nearest, 0.9 times the smallest of them is the smallest again. onnxruntime
can set its own threads; of the caller's it would change the state for good, for everything else in the process. So
here that state is set before a step and put back after it, by C's <fenv.h>, whose environment holds it on x86-64.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import threading
from collections.abc import Callable

# In glibc's fenv_t for x86-64, the register MXCSR stands last; bits 15 and 6 are "flush to zero", "denormals are zero".
_SIZE, _PLACE, _BITS = 32, 28, 0x8040


def flushing() -> Callable[[], contextlib.AbstractContextManager]:
    """A context in which the calling thread takes denormals as zero; one that does nothing on other processors."""
    if platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc":
        return contextlib.nullcontext
    flushed = _Flushed()
    return lambda: flushed


class _Flushed(threading.local):
    """The context, with memory of its own in each thread: several may run one session. It stands around every step."""

    def __init__(self) -> None:
        library = ctypes.CDLL("libm.so.6")
        self._get, self._set = library.fegetenv, library.fesetenv
        self._before, self._within = ctypes.create_string_buffer(_SIZE), ctypes.create_string_buffer(_SIZE)
        self._depth = 0
        self._register = ctypes.c_uint32.from_buffer(self._within, _PLACE)

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        self._get(self._before)
        ctypes.memmove(self._within, self._before, _SIZE)
        self._register.value |= _BITS
        self._set(self._within)

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._set(self._before)
