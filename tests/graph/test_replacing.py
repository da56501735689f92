"""One value takes the place of another: in readers, among the outputs, in calls that are made again."""

import numpy as np
import pytest

from declnet.errors import GraphError
from declnet.graph import Graph, dims, prune, verify


def ops(graph):
    return [node.op_type for node in graph.ir]


def test_nodes_of_an_operator(graph, x):
    """In order; operators of other domains, and those in bodies, are not among them."""
    first, second = graph.Tanh(x), graph.Tanh(x * 2.0)
    graph.op("Tanh", x, domain="com.example", types=[("float32", ["N", 3])])
    body = Graph("body", parent=graph)
    body.ir.outputs.append(body.Tanh(first))
    graph.op("If", np.array(True), types=[("float32", ["N", 3])], then_branch=body, else_branch=body)

    assert [first.producer(), second.producer()] == graph.nodes("Tanh")
    assert ["Tanh"] == [node.op_type for node in graph.nodes("Tanh", "com.example")]


def test_readers_read_what_takes_its_place(graph, x):
    """Those in the graph, and those in the body of a node."""
    y = graph.Tanh(x)
    body = Graph("body", parent=graph)
    inner = body.Neg(y)
    body.ir.outputs.append(inner)
    graph.op("If", np.array(True), types=[("float32", ["N", 3])], then_branch=body, else_branch=body)
    z = y + 1.0
    new = graph.Relu(x)

    graph.substitute(y, new)

    assert new is z.producer().inputs[0]
    assert new is inner.producer().inputs[0]
    assert () == tuple(y.uses())


def test_who_holds_the_old_value_uses_the_new_one(graph, x):
    """Also after several substitutions, in operators, as an output, and in the body of a loop."""
    y, second, third = graph.Tanh(x), graph.Relu(x), graph.Sigmoid(x)
    graph.substitute(y, second)
    graph.substitute(second, third)
    body = Graph("body", parent=graph)

    assert third is graph.current(y)
    assert x is graph.current(x)
    assert third is (y * 2.0).producer().inputs[0]
    assert third is graph.alias(y).producer().inputs[0]
    assert third is body.Neg(y).producer().inputs[0]
    assert third is graph.output(y, "y")


def test_an_output_keeps_its_name(graph, x):
    """What takes its place is called as it was, and the outputs keep their order."""
    y = graph.output(graph.Tanh(x), "y")
    graph.output(graph.Neg(x), "z")
    new = graph.Relu(x)

    graph.substitute(y, new)
    prune(graph)

    assert ["y", "z"] == [value.name for value in graph.ir.outputs]
    assert new is graph.ir.outputs[0]
    assert ["Neg", "Relu"] == ops(verify(graph, "the test"))


@pytest.mark.parametrize("choose", [lambda graph, x: x, lambda graph, x: graph.output(graph.Relu(x), "other")])
def test_an_output_may_become_what_has_a_name(graph, x, choose):
    """An input, or another output, is copied; whoever reads the old value reads the input itself."""
    y = graph.output(graph.Tanh(x), "y")
    z = graph.Neg(y)
    new = choose(graph, x)

    graph.substitute(y, new)
    graph.output(z, "z")
    graph.ir.sort()
    prune(graph)

    assert {"y", "z"} <= {value.name for value in verify(graph, "the test").ir.outputs}
    assert "Identity" == graph.ir.outputs[0].producer().op_type
    assert new is graph.ir.outputs[0].producer().inputs[0]
    assert new is z.producer().inputs[0]


def test_calls_that_are_made_again_give_what_there_is(graph, x):
    """The call that gave the old value gives the new one, and what reads it is not made anew."""
    y = graph.Tanh(x)
    z = y * y
    new = graph.Relu(x)
    graph.substitute(y, new)
    before = ops(graph)

    assert new is graph.Tanh(x)
    assert z is graph.Tanh(x) * graph.Tanh(x)
    assert z is new * new
    assert before == ops(graph)


def test_pruning_remembers_what_was_substituted(graph, x):
    """The call of a node that is gone gives what took its place, as long as that is there."""
    y = graph.Tanh(x)
    new = graph.Relu(x)
    graph.substitute(y, new)
    graph.output(new, "y")
    prune(graph)

    assert new is graph.Tanh(x)


def test_what_is_known_passes_on(graph, x):
    """The shape that inference missed, the elements of a shape, and the promise to be finite."""
    new = graph.op("Twist", x, domain="com.example", types=[("float32", None)])
    y = graph.Tanh(x)
    graph.finite.add(y)
    shape = graph.Shape(x)
    other = graph.op("Look", x, domain="com.example", types=[("int64", [2])])

    graph.substitute(y, new)
    graph.substitute(shape, other)

    assert ("N", 3) == dims(new)
    assert new in graph.finite
    assert ("N", 3) == dims(graph.Reshape(graph.Reshape(new, [-1]), other))


@pytest.mark.parametrize(
    "choose, found",
    [
        (lambda graph, x: graph.Cast(x, to=np.dtype("float64")), r"float64 \(N, 3\)"),
        (lambda graph, x: graph.Concat(x, x, axis=1), r"float32 \(N, 6\)"),
        (lambda graph, x: graph.Unsqueeze(x, [0]), r"float32 \(1, N, 3\)"),
        (lambda graph, x: graph.Tanh(x), "'Tanh', float"),
    ],
)
def test_what_does_not_fit_is_refused(graph, x, choose, found):
    """Another type or shape, or the value itself; the message shows both."""
    y = graph.Tanh(x)

    with pytest.raises(GraphError, match=f"{found}.*cannot stand for 'Tanh', float.*"):
        graph.substitute(y, choose(graph, x))


def test_what_replaces_a_node_stands_in_its_place(graph, x):
    """At its position, in its scope, with its metadata, under its name; the node is gone."""
    with graph.scope("hidden", **{"declnet.layer": "hidden"}):
        y = graph.Softplus(x)
    z = y + 1.0

    with graph.replacing(y.producer()):
        graph.substitute(y, graph.Log(graph.Exp(x) + 1.0))

    assert ["Exp", "Add", "Log", "Add"] == ops(graph)
    assert ["hidden/Exp", "hidden/Add", "hidden/Log", "Add"] == [node.outputs[0].name for node in graph.ir]
    assert ["hidden"] * 3 + [None] == [node.metadata_props.get("declnet.layer") for node in graph.ir]
    assert ["Neg", "Add_1"] == [graph.Neg(z).producer().op_type, (z + 1.0).name]


def test_its_name_is_free(graph, x):
    """Another form of the same operator is called as the first one was."""
    y = graph.Softmax(x, axis=-1)
    graph.output(graph.Neg(y), "z")

    with graph.replacing(y.producer()):
        graph.substitute(y, graph.Softmax(x, axis=1))

    assert ["Softmax", "z"] == [node.outputs[0].name for node in verify(graph, "the test").ir]


def test_the_name_of_an_output_is_not_free(graph, x):
    """It goes to the value that becomes the output, and to nothing else."""
    y = graph.output(graph.Softmax(x, axis=-1))

    with graph.replacing(y.producer()):
        graph.substitute(y, graph.Neg(graph.Neg(graph.Softmax(x, axis=1))))

    assert ["Softmax_1", "Neg", "Softmax"] == [node.outputs[0].name for node in verify(graph, "the test").ir]


def test_a_node_that_is_read_is_not_removed(graph, x):
    """Each of its outputs that has a reader needs a substitute."""
    values, indices = graph.TopK(x, [2], outputs=2)
    graph.output(indices, "indices")

    with (
        pytest.raises(GraphError, match="nothing was substituted for 'indices'"),
        graph.replacing(values.producer()),
    ):
        graph.substitute(values, graph.Slice(x, [0], [2], [1]))


def test_a_call_for_more_outputs_is_made_again(graph, x):
    """Of a node that is gone, an output that nobody read was not substituted: asking for it makes a new node."""
    values, indices = graph.TopK(x, [2], outputs=2)
    graph.output(values, "values")
    with graph.replacing(values.producer()):
        graph.substitute(values, graph.Slice(x, [0], [2], [1]))

    graph.output(graph.TopK(x, [2], outputs=2)[1], "indices")

    assert indices is not graph.ir.outputs[1]
    assert ["Slice", "TopK"] == ops(verify(prune(graph), "the test"))
