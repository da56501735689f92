"""A typed value of a graph, with the operators of arithmetic."""

from __future__ import annotations

import onnx_ir as ir

from declnet.wording import type_text

# The newest that onnxruntime-training 1.19.2 reads.
OPSET = 21
IR_VERSION = 10


class Value(ir.Value):
    """A value that knows the graph in which it was made, so that ``a * b + 1`` emits ONNX operators there.

    ``shape`` is an ``onnx_ir.Shape`` (ints, and SymbolicDim for dimensions that are known by name or not at all);
    ``dtype`` is an ``onnx_ir.DataType``.
    """

    def __init__(self, net, name: str, dtype: ir.DataType | None, shape=None):
        super().__init__(name=name, type=ir.TensorType(dtype) if dtype is not None else None)
        if shape is not None:
            self.shape = ir.Shape(shape)
        self.net = net

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __add__(self, other):
        return self.net.Add(self, other)

    def __radd__(self, other):
        return self.net.Add(other, self)

    def __sub__(self, other):
        return self.net.Sub(self, other)

    def __rsub__(self, other):
        return self.net.Sub(other, self)

    def __mul__(self, other):
        return self.net.Mul(self, other)

    def __rmul__(self, other):
        return self.net.Mul(other, self)

    def __truediv__(self, other):
        return self.net.Div(self, other)

    def __rtruediv__(self, other):
        return self.net.Div(other, self)

    def __pow__(self, other):
        return self.net.Pow(self, other)

    def __rpow__(self, other):
        return self.net.Pow(other, self)

    def __matmul__(self, other):
        return self.net.MatMul(self, other)

    def __rmatmul__(self, other):
        return self.net.MatMul(other, self)

    def __neg__(self):
        return self.net.Neg(self)

    def __iter__(self):
        raise TypeError(f"a graph value such as {self.name!r} cannot be iterated over; use net.Split")

    def __bool__(self):
        raise TypeError(
            f"a graph value such as {self.name!r} has no truth value while the graph is built; use net.Where"
        )

    def __repr__(self) -> str:
        return f"{self.name}: {describe(self)}"


def dims(value: ir.Value) -> tuple[int | str | None, ...] | None:
    """The shape of *value* in plain Python: ints, names, None for an unknown dimension; None for an unknown rank."""
    if value.shape is None:
        return None
    return tuple(dim if isinstance(dim, int) else dim.value for dim in value.shape)


def describe(value: ir.Value) -> str:
    """``float32 (N, 3)``: type and shape of *value* for a message."""
    return type_text(value.dtype, value.shape)
