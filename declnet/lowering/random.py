"""Random numbers in the graph, as a function of (seed, step, place): nothing is drawn, nothing is remembered.

A counter is hashed with ``lowbias32`` (C. Wellons, "Prospecting for hash functions", 2018), a bijection of 32-bit
integers; the hash of seed, step and place is its key. Integer operators are exact, so every runtime and device gives
the same numbers, and a resumed run the ones that the undisturbed run would have had. ONNX's Random* operators keep a
hidden state and can do neither. int32 multiplies (wrapping), uint32 shifts: what onnxruntime 1.19 has kernels for.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from declnet.graph import Graph, Value
from declnet.graph.value import dims


class Random:
    """Draws for one place in the graph, which ``place`` names."""

    def __init__(self, graph: Graph, seed: Value, step: Value, place: str):
        self._graph = graph
        self._seed = seed
        self._step = step
        self._place = place
        self._draws = 0

    def uniform(self, like: Value) -> Value:
        """Independent numbers, uniform on [0, 1), multiples of 2**-24, in the shape of *like*; float32."""
        g = self._graph
        bits = self._bits(like)
        return g.Cast(_shift(g, bits, 8), to=np.dtype("float32")) * 2.0**-24

    def normal(self, like: Value) -> Value:
        """Independent standard normal numbers in the shape of *like*; float32 (Box and Muller, 1958)."""
        g = self._graph
        radius = g.Sqrt(g.Log(1.0 - self.uniform(like)) * -2.0)
        return radius * g.Cos(self.uniform(like) * (2 * math.pi))

    def bernoulli(self, like: Value, probability: float) -> Value:
        """Independent events of *probability*, in the shape of *like*; bool.

        The number that decides on an element is the product of an odd number hashed for its place on the last axis and
        one for its place on the others: multiply-shift hashing (Dietzfelbinger et al., 1997), in which the high bits
        are the random ones. A large mask costs one product and one comparison for each element.
        """
        g = self._graph
        columns = g.Shape(like, start=-1)
        rows = g.Div(g.Size(like), columns)
        odd = _cast(g, self._hashed(rows + columns), "int32") * 2 + 1
        number = g.Reshape(g.Slice(odd, [0], rows), [-1, 1]) * g.Slice(odd, rows, rows + columns)
        return g.GreaterOrEqual(
            self._shaped(number, like), np.int32(min(2**31 - round(probability * 2**32), 2**31 - 1))
        )

    def _bits(self, like: Value) -> Value:
        """32 random bits for each element of *like*; uint32."""
        return self._shaped(self._hashed(self._graph.Size(like)), like)

    def _shaped(self, numbers: Value, like: Value) -> Value:
        """*numbers* in the shape of *like*."""
        shaped = self._graph.Reshape(numbers, self._graph.Shape(like))
        assert dims(shaped) == dims(like)
        return shaped

    def _hashed(self, count: Value) -> Value:
        """The *count* numbers of a new draw, 32 bits each; uint32."""
        g = self._graph
        place = zlib.crc32(f"{self._place}:{self._draws}".encode())
        self._draws += 1
        # Seed and step are hashed once for the whole graph; each draw then has a key of its own.
        shared = _hash(g, _cast(g, self._seed, "int32") * _i32(0x9E3779B9) + _cast(g, self._step, "int32"))
        key = _hash(g, _cast(g, shared, "int32") + _i32(place))
        last = g.Squeeze(_cast(g, count, "int32"))
        counter = g.Range(g.constant(0, "int32"), last, g.constant(1, "int32"))
        return _hash(g, counter * _i32(0x9E3779B9) + _cast(g, key, "int32"))


def _hash(g: Graph, x: Value) -> Value:
    """lowbias32: int32 to uint32."""
    bits = _xorshift(g, _cast(g, x, "uint32"), 16)
    bits = _xorshift(g, _multiply(g, bits, 0x7FEB352D), 15)
    return _xorshift(g, _multiply(g, bits, 0x846CA68B), 16)


def _xorshift(g: Graph, bits: Value, count: int) -> Value:
    return g.BitwiseXor(bits, _shift(g, bits, count))


def _shift(g: Graph, bits: Value, count: int) -> Value:
    return g.BitShift(bits, np.uint32(count), direction="RIGHT")


def _multiply(g: Graph, bits: Value, factor: int) -> Value:
    return _cast(g, _cast(g, bits, "int32") * _i32(factor), "uint32")


def _cast(g: Graph, x: Value, dtype: str) -> Value:
    return g.Cast(x, to=np.dtype(dtype))


def _i32(number: int) -> np.int32:
    """The 32-bit pattern of *number* as a signed integer."""
    return np.uint32(number).astype(np.int32)
