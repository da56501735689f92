"""What a target says is what its graphs are made of: what it avoids is not there, what it costs decides."""

from dataclasses import replace

import numpy as np
import pytest

from declnet.autodiff import differentiate
from declnet.graph import Graph, prune, verify
from declnet.graph.bodies import captured
from declnet.target import STANDARD, WEB, Costs
from declnet.testing import check_gradient


def convolution(graph, axes=2):
    x = graph.input("x", np.float32, [4, 3, *[8] * axes])
    w = graph.input("w", np.float32, [2, 3, *[3] * axes])
    return graph.Conv(x, w), [x, w]


def overlapping_pool(graph):
    x = graph.input("x", np.float32, [4, 3, 8, 8])
    return graph.MaxPool(x, kernel_shape=[3, 3], strides=[2, 2]), [x]


def padded_tiles(graph):
    """Disjoint windows that do not cover the image."""
    x = graph.input("x", np.float32, [4, 3, 7, 7])
    return graph.MaxPool(x, kernel_shape=[2, 2], strides=[2, 2]), [x]


def backward_lstm(graph):
    x, w, r = (graph.input(n, np.float32, s) for n, s in (("x", [5, 2, 3]), ("w", [1, 16, 3]), ("r", [1, 16, 4])))
    return graph.LSTM(x, w, r, hidden_size=4, direction="reverse"), [x, w, r]


def rows(graph):
    x = graph.input("x", np.float32, [20, 3])
    return graph.Gather(x, graph.input("at", np.int64, [7]), axis=0), [x]


def made(build, target):
    """The operators of the gradient of the squares of what *build* gives."""
    graph = Graph()
    y, wrt = build(graph)
    for value, dx in zip(wrt, differentiate(graph, graph.ReduceSum(y * y, keepdims=0), wrt, target=target)):
        graph.output(dx, f"{value.name}_grad")
    return list(verify(prune(graph), "differentiation").ir)


def named(op):
    return lambda node: node.op_type == op


def runs_backwards(node):
    return node.op_type == "Scan" and any(
        any(node.attributes[name].value) for name in ("scan_input_directions", "scan_output_directions")
    )


# For each thing that a target may avoid: a model whose gradient has it elsewhere, and how it is told.
AVOIDED = {
    "Col2Im": (convolution, named("Col2Im")),
    "MaxPool.Indices": (overlapping_pool, lambda node: node.op_type == "MaxPool" and len(node.outputs) == 2),
    "MaxUnpool": (padded_tiles, named("MaxUnpool")),
    "Scan.captured": (backward_lstm, lambda node: node.op_type == "Scan" and captured(node) != ()),
    "Scan.reverse": (backward_lstm, runs_backwards),
}


@pytest.mark.parametrize("what", AVOIDED)
def test_what_is_avoided_is_not_there(what):
    """It is there for the standard target, and not for one that avoids it alone."""
    build, is_it = AVOIDED[what]

    assert any(map(is_it, made(build, STANDARD)))
    assert not any(map(is_it, made(build, replace(STANDARD, avoid=frozenset({what})))))


def test_the_web_avoids_what_it_says():
    """All of it, in the gradients of all of these models."""
    nodes = [node for build, _ in AVOIDED.values() for node in made(build, WEB)]

    assert set(AVOIDED) >= WEB.avoid
    assert [] == [(what, node.name) for what in WEB.avoid for node in nodes if AVOIDED[what][1](node)]


@pytest.mark.parametrize("axes", [1, 3])
def test_col2im_over_other_than_two_axes_is_avoided(axes):
    """A runtime that adds up rightly says so."""
    right = replace(STANDARD, avoid=frozenset())
    counts = [
        sum(node.op_type == "Col2Im" for node in made(lambda graph: convolution(graph, axes), target))
        for target in (STANDARD, right)
    ]

    assert [0, 1] == counts


def test_a_pool_without_max_unpool():
    """The gradient is the same where the runtime lacks MaxUnpool."""
    image = np.random.default_rng(0).permutation(98).reshape(1, 2, 7, 7).astype(np.float32) / 10
    target = replace(STANDARD, avoid=STANDARD.avoid | {"MaxUnpool"})
    check_gradient("MaxPool", [image], {"kernel_shape": [2, 2], "strides": [2, 2]}, target=target)


@pytest.mark.parametrize(
    ("build", "costs", "op", "counts"),
    [
        (convolution, Costs(wide=0), "Col2Im", [1, 0]),
        (lambda graph: convolution(graph, 1), Costs(many=2), "ConvTranspose", [1, 0]),
        (convolution, Costs(rows=0), "Gather", [1, 0]),
        (rows, Costs(table=7), "ScatterElements", [0, 1]),
    ],
    ids=["wide", "many", "rows", "table"],
)
def test_costs_decide(build, costs, op, counts):
    """Another form is taken as soon as the target says that it pays."""
    targets = (STANDARD, replace(STANDARD, costs=costs))

    assert counts == [sum(node.op_type == op for node in made(build, target)) for target in targets]
