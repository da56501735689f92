"""Gradients of reductions. ``_keep`` gives what was reduced its axes back, with length 1."""

from declnet.autodiff.formula import by_formula
from declnet.autodiff.node import Node
from declnet.autodiff.registry import Gradients, flat, gradient
from declnet.graph import Value, known_dims

INDICES = flat("ArgMax", "ArgMin", "NonZero", reason="its result is an index")


def _keep(node: Node, value: Value) -> Value:
    """*value*, of the output's shape, in a shape that broadcasts against the input."""
    axes, known = node.input(1), node.constant(1)
    if axes is None or node.attribute("keepdims") or (known is not None and known.size == 0):
        return value
    return node.graph.Unsqueeze(value, axes)


def _result(node: Node, dx: Value) -> Gradients:
    return (dx, None)[: len(node.inputs)]


def _axes(node: Node) -> list[int] | None:
    """The axes that are reduced, where that is known."""
    known = node.constant(1)
    if node.input(1) is not None and known is None:
        return None
    axes = [] if known is None else known.tolist()
    if axes or node.attribute("noop_with_empty_axes"):
        return axes
    return None if node.input(0).shape is None else list(range(len(node.input(0).shape)))


@gradient("ReduceSum")
def reduce_sum(node: Node, dy: Value) -> Gradients:
    return _result(node, _keep(node, dy))


@gradient("ReduceMean")
def reduce_mean(node: Node, dy: Value) -> Gradients:
    return _result(node, _keep(node, dy) / node.count(node.input(0), node.output, _axes(node)))


def share_equally(node: Node, best: Value, dy: Value, axes: Value | list[int] | None, **how: int) -> Value:
    """dy where the input equals *best*, which was found over *axes*; equal elements share it equally."""
    graph, x = node.graph, node.input(0)
    chosen = graph.Cast(graph.Equal(x, best), to=x.dtype)
    return chosen * (dy / graph.ReduceSum(chosen, axes, keepdims=1, **how))


@gradient("ReduceMax")
def reduce_max(node: Node, dy: Value) -> Gradients:
    how = {"noop_with_empty_axes": node.attribute("noop_with_empty_axes")}
    return _result(node, share_equally(node, _keep(node, node.output), _keep(node, dy), node.input(1), **how))


@gradient("ReduceMin")
def reduce_min(node: Node, dy: Value) -> Gradients:
    return reduce_max.function(node, dy)


@gradient("ReduceProd")
def reduce_prod(node: Node, dy: Value) -> Gradients:
    """The product of the others, also where elements are zero: with one zero, only that element has a gradient."""
    graph, x = node.graph, node.input(0)
    how = {"keepdims": 1, "noop_with_empty_axes": node.attribute("noop_with_empty_axes")}
    is_zero = graph.Equal(x, 0.0)
    zero = graph.Cast(is_zero, to=x.dtype)
    safe = x + zero
    others = graph.ReduceProd(safe, node.input(1), **how) / safe
    alone = graph.Cast(graph.Equal(graph.ReduceSum(zero, node.input(1), **how), zero), to=x.dtype)
    return _result(node, _keep(node, dy) * (others * alone))


@gradient("ReduceL1")
def reduce_l1(node: Node, dy: Value) -> Gradients:
    return _result(node, _keep(node, dy) * node.graph.Sign(node.input(0)))


@gradient("ReduceL2")
def reduce_l2(node: Node, dy: Value) -> Gradients:
    """x / norm, and 0 where the norm is 0."""
    norm = node.output
    safe = node.graph.Where(node.graph.Equal(norm, 0.0), 1.0, norm)
    return _result(node, _keep(node, dy / safe) * node.input(0))


@gradient("ReduceSumSquare")
def reduce_sum_square(node: Node, dy: Value) -> Gradients:
    return _result(node, _keep(node, dy * 2.0) * node.input(0))


@gradient("ReduceLogSum")
def reduce_log_sum(node: Node, dy: Value) -> Gradients:
    return _result(node, _keep(node, dy * node.graph.Exp(-node.output)))


@gradient("ReduceLogSumExp")
def reduce_log_sum_exp(node: Node, dy: Value) -> Gradients:
    return _result(node, _keep(node, dy) * node.graph.Exp(node.input(0) - _keep(node, node.output)))


@gradient("CumSum")
def cumulative_sum(node: Node, dy: Value) -> Gradients:
    axis = node.input(1)
    backwards = 1 - node.attribute("reverse")
    return node.graph.CumSum(dy, axis, exclusive=node.attribute("exclusive"), reverse=backwards), None


@gradient("CumProd")
def cumulative_product(node: Node, dy: Value) -> Gradients:
    """By products over 2, 4, 8, ... neighbours, which needs no division by a zero."""
    x, known = node.input(0), node.constant(1)
    axis = None if known is None else int(known.item())
    if axis is None or x.shape is None or not isinstance(known_dims(x)[axis], int):
        raise node.unsupported("the length of its axis must be known")
    length = known_dims(x)[axis]

    def formula(x: Value, _: Value) -> Value:
        graph = node.graph
        one = graph.Cast(1.0, to=x.dtype)

        def shifted(value: Value, steps: int) -> Value:
            steps = min(steps, length) * (-1 if node.attribute("reverse") else 1)
            return graph.Pad(value, [steps, -steps], one, [axis])

        y = shifted(x, 1) if node.attribute("exclusive") else x
        steps = 1
        while steps < length:
            y, steps = y * shifted(y, steps), 2 * steps
        return y

    return by_formula(node, dy, formula)
