"""A typed value of a graph, with the operators of arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

import onnx_ir as ir

from declnet.errors import GraphError
from declnet.wording import type_text

if TYPE_CHECKING:
    from declnet.graph.graph import Graph

# The length of an axis: a number, a name, or None where nothing is known of it.
Dim = int | str | None


class Value(ir.Value):
    """A value that knows the graph in which it was made, its owner, so that ``a * b + 1`` emits ONNX operators there.

    ``shape`` is an ``onnx_ir.Shape`` (ints, and SymbolicDim for dimensions that are known by name or not at all);
    ``dtype`` is an ``onnx_ir.DataType``.
    """

    if TYPE_CHECKING:
        # A value that a Graph has made has both.
        name: str
        dtype: ir.DataType
        # What a layer is given has a rank; who meets other values asks ``dims``.
        shape: Any

    def __init__(self, owner: Graph, name: str | None, dtype: ir.DataType | None, shape: Iterable[Any] | None = None):
        super().__init__(name=name, type=ir.TensorType(dtype) if dtype is not None else None)
        if shape is not None:
            self.shape = ir.Shape(shape)
        self.owner = owner

    @property
    def rank(self) -> int:
        """The number of axes, where it is known."""
        return len(known_dims(self))

    def __add__(self, other: Any) -> Value:
        return self.owner.Add(self, other)

    def __radd__(self, other: Any) -> Value:
        return self.owner.Add(other, self)

    def __sub__(self, other: Any) -> Value:
        return self.owner.Sub(self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.owner.Sub(other, self)

    def __mul__(self, other: Any) -> Value:
        return self.owner.Mul(self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.owner.Mul(other, self)

    def __truediv__(self, other: Any) -> Value:
        return self.owner.Div(self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.owner.Div(other, self)

    def __pow__(self, other: Any) -> Value:
        return self.owner.Pow(self, other)

    def __rpow__(self, other: Any) -> Value:
        return self.owner.Pow(other, self)

    def __matmul__(self, other: Any) -> Value:
        return self.owner.MatMul(self, other)

    def __rmatmul__(self, other: Any) -> Value:
        return self.owner.MatMul(other, self)

    def __neg__(self) -> Value:
        return self.owner.Neg(self)

    def __iter__(self) -> NoReturn:
        raise TypeError(f"a graph value such as {self.name!r} cannot be iterated over; use net.Split")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"a graph value such as {self.name!r} has no truth value while the graph is built; use net.Where"
        )

    def __repr__(self) -> str:
        return f"{self.name}: {describe(self)}"


def dims(value: ir.Value) -> tuple[Dim, ...] | None:
    """The shape of *value* in plain Python: ints, names, None for an unknown dimension; None for an unknown rank."""
    if value.shape is None:
        return None
    return tuple(dim if isinstance(dim, int) else dim.value for dim in value.shape)


def known_dims(value: ir.Value) -> tuple[Any, ...]:
    """The same of a value whose rank is known.

    Raises:
        GraphError: it is not known.
    """
    found = dims(value)
    if found is None:
        raise GraphError(f"the rank of {value.name!r} is not known")
    return found


def may_equal(shape: Sequence[Any] | None, other: Sequence[Any] | None) -> bool:
    """Whether two shapes may be one: a rank or a size that is unknown, or known by name, fits any."""
    if shape is None or other is None:
        return True
    known = [(a, b) for a, b in zip(shape, other) if isinstance(a, int) and isinstance(b, int)]
    return len(shape) == len(other) and all(a == b for a, b in known)


def is_static(lengths: Sequence[Dim]) -> TypeGuard[Sequence[int]]:
    """Whether all *lengths* are numbers."""
    return all(isinstance(length, int) for length in lengths)


def describe(value: ir.Value) -> str:
    """``float32 (N, 3)``: type and shape of *value* for a message."""
    return type_text(value.dtype, value.shape)


def stored(value: ir.Value) -> ir.TensorProtocol:
    """The tensor of an initializer."""
    assert value.const_value is not None, f"{value.name!r} is no initializer"
    return value.const_value
