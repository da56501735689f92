"""Gradients of matrix products."""

import numpy as np

from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, gradient
from declnet.graph import Graph, Value, is_static, known_dims


def _transposed(graph: Graph, value: Value) -> Value:
    rank = len(known_dims(value))
    return graph.Transpose(value, perm=[*range(rank - 2), rank - 1, rank - 2])


@gradient("MatMul")
def matmul(node: Node, dy: Value) -> Gradients:
    """da = dy bᵀ, db = aᵀ dy, a vector being a matrix of one row (a) or one column (b)."""
    graph, (a, b) = node.graph, node.inputs
    if a.shape is None or b.shape is None:
        raise node.unsupported("the ranks of its inputs must be known")
    ranks = len(a.shape), len(b.shape)
    if ranks == (1, 1):
        return dy * b, dy * a
    if ranks == (2, 2):
        return graph.Gemm(dy, b, transB=1), graph.Gemm(a, dy, transA=1)
    if ranks[0] == 1:
        row = graph.Unsqueeze(dy, [-2])
        return graph.Squeeze(graph.MatMul(row, _transposed(graph, b)), [-2]), graph.MatMul(graph.Unsqueeze(a, [1]), row)
    if ranks[1] == 1:
        column = graph.Unsqueeze(dy, [-1])
        da = graph.MatMul(column, graph.Unsqueeze(b, [0]))
        return da, graph.Squeeze(graph.MatMul(_transposed(graph, a), column), [-1])
    da = graph.MatMul(dy, _transposed(graph, b))
    if ranks[1] == 2 and is_static(known_dims(b)):
        rows, columns = known_dims(b)
        return da, graph.Gemm(graph.Reshape(a, [-1, rows]), graph.Reshape(dy, [-1, columns]), transA=1)
    return da, graph.MatMul(_transposed(graph, a), dy)


@gradient("Gemm")
def gemm(node: Node, dy: Value) -> Gradients:
    """Of y = alpha · A' B' + beta · C, where ' transposes if the attribute says so."""
    graph, a, b = node.graph, node.input(0), node.input(1)
    alpha, beta = node.attribute("alpha"), node.attribute("beta")
    trans_a, trans_b = node.attribute("transA"), node.attribute("transB")
    da = (
        graph.Gemm(b, dy, alpha=alpha, transA=trans_b, transB=1)
        if trans_a
        else graph.Gemm(dy, b, alpha=alpha, transB=1 - trans_b)
    )
    db = (
        graph.Gemm(dy, a, alpha=alpha, transA=1, transB=trans_a)
        if trans_b
        else graph.Gemm(a, dy, alpha=alpha, transA=1 - trans_a)
    )
    dc = dy if beta == 1 else dy * beta
    return (da, db, dc)[: len(node.inputs)]


@gradient("Det")
def det(node: Node, dy: Value) -> Gradients:
    """Times the cofactors, which are determinants themselves; right for singular matrices too."""
    graph, x = node.graph, node.input(0)
    if x.shape is None or not isinstance(known_dims(x)[-1], int):
        raise node.unsupported("the size of its matrices must be known")
    size = known_dims(x)[-1]
    dy = graph.Unsqueeze(dy, [-1, -2])
    if size == 1:
        return (dy,)
    flat = graph.Reshape(x, graph.Concat(graph.Shape(x, end=-2), [-1], axis=0))
    others = np.array([[k for k in range(size) if k != i] for i in range(size)])
    minors = graph.Gather(flat, others[:, None, :, None] * size + others[None, :, None, :], axis=-1)
    signs = (-1.0) ** np.add.outer(np.arange(size), np.arange(size))
    return (dy * (graph.Det(minors) * graph.constant(signs, x.dtype)),)
