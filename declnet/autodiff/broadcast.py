"""Fit a gradient to the shape of its value: the adjoint of broadcasting."""

from __future__ import annotations

import onnx_ir as ir

from declnet.errors import GraphError
from declnet.graph import Graph, Value, dims
from declnet.graph.value import Dim

# The operators whose inputs may be smaller than their output (ONNX, "Broadcasting").
BROADCASTING = {
    *("Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Mean", "Sum", "Where", "PRelu"),
    *("MatMul", "Gemm", "Einsum", "Expand", "LayerNormalization", "RMSNormalization"),
}

# The operators whose rules return gradients of the output's lengths, to be expanded to the input's.
REDUCING = {"ReduceSum", "ReduceMean", "GlobalAveragePool"}


def fit(graph: Graph, dx: Value, x: Value, node: ir.Node) -> Value:
    """Sum *dx* over the axes along which *x* was broadcast, or expand it to *x*; give it the type of *x*.

    Raises:
        GraphError: the shapes cannot belong together, which is a mistake of the rule for *node*.
    """
    have, want = dims(dx), dims(x)
    if have == want and have is not None and None not in have:
        return dx
    if have is None or want is None:
        if node.op_type in BROADCASTING:
            return _sum_to_dynamic(graph, dx, x, None)
        return graph.stamp(graph.Expand(dx, graph.Shape(x)) if node.op_type in REDUCING else dx, x)
    extra = len(have) - len(want)
    pairs = list(zip([1] * -extra + list(have), [1] * extra + list(want)))
    if any(isinstance(h, int) and isinstance(w, int) and h != w and 1 not in (h, w) for h, w in pairs):
        raise GraphError(f"the gradient rule for {node.op_type} returned {dx!r} for an input {x!r}")
    if node.op_type in BROADCASTING and not all(map(_settled, pairs)):
        return _sum_to_dynamic(graph, dx, x, extra)
    leading = list(range(max(extra, 0)))
    summed = [axis for axis, (h, w) in enumerate(pairs) if w == 1 and h != 1]
    if summed and set(summed) <= set(leading):
        dx, leading = graph.ReduceSum(dx, leading, keepdims=0), []
    elif summed:
        dx = graph.ReduceSum(dx, summed, keepdims=1)
    if leading:
        dx = graph.Squeeze(dx, leading)
    if (
        extra < 0
        or any(h == 1 and w != 1 for h, w in pairs)
        or (node.op_type in REDUCING and not all(map(_settled, pairs)))
    ):
        dx = graph.Expand(dx, graph.shape_of(x))
    return graph.stamp(dx, x)


def _settled(pair: tuple[Dim, Dim]) -> bool:
    """Whether it is known of an axis if the value was broadcast along it."""
    have, want = pair
    return 1 in (have, want) or (have is not None and have == want)


def _sum_to_dynamic(graph: Graph, dx: Value, x: Value, lacking: int | None) -> Value:
    """The same when only a run can tell: sum over each axis along which *x* turns out to have length 1.

    An axis of length 1 is put in front and always summed, since ReduceSum over no axes at all sums over all.
    *lacking*: how many axes *dx* has more than *x*; None where that is not known.
    """
    shape = graph.Shape(x)
    if lacking is None:
        count = graph.Sub(graph.Size(graph.Shape(dx)), graph.Size(shape))
        padded = graph.Concat(graph.Expand([1], graph.Unsqueeze(count, [0])), shape, axis=0)
    else:
        padded = graph.Concat([1] * lacking, shape, axis=0) if lacking > 0 else shape
    ones = graph.Squeeze(graph.NonZero(graph.Equal(padded, 1)), [0])
    axes = graph.Concat([0], graph.Add(ones, 1), axis=0)
    total = graph.ReduceSum(graph.Unsqueeze(dx, [0]), axes, keepdims=1)
    return graph.stamp(graph.Reshape(total, shape, allowzero=1), x)
