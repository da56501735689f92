"""Graphs to models and back, their pruning, their check and their text."""

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import parser

from declnet.errors import GraphError
from declnet.graph import Graph, Value, from_model, inline, prune, text, to_model, verify
from declnet.target import IR_VERSION, OPSET


def _tanh():
    graph = Graph("net")
    x = graph.input("x", np.float32, ["N", 2])
    w = graph.initializer("w", np.float32([1, 2]))
    graph.Exp(x)
    graph.initializer("spare", np.float32([3]))
    graph.output(graph.Tanh(x * w), "y")
    return graph


def test_the_model_is_valid_onnx():
    model = to_model(prune(_tanh()), {"made": "for a test"})
    onnx.checker.check_model(model, full_check=True)

    assert IR_VERSION == model.ir_version
    assert OPSET == model.opset_import[0].version
    assert {"made": "for a test"} == {entry.key: entry.value for entry in model.metadata_props}


def test_the_version_of_the_format_may_be_given():
    assert 8 == to_model(prune(_tanh()), ir_version=8).ir_version


def test_an_old_model_is_converted_to_the_opset_that_is_asked_for():
    """A newer one stays as it is."""
    old, newer = (
        parser.parse_model(f"""
        <ir_version: 6, opset_import: ["" : {opset}]>
        net (float[N] x) => (float[N] y) {{ y = Tanh (x) }}
        """)
        for opset in (11, 19)
    )

    assert [18, 19] == [from_model(model, opset=18).opset for model in (old, newer)]


def test_prune_keeps_what_outputs_need():
    graph = prune(_tanh())

    assert ["Mul", "Tanh"] == [node.op_type for node in graph.ir]
    assert ["w"] == list(graph.ir.initializers)


def test_a_pruned_value_is_made_again_when_asked_for():
    """Pruning also forgets: an equal call afterwards is a new operator."""
    graph = _tanh()
    x = graph.ir.inputs[0]
    prune(graph)
    again = graph.Exp(x)

    assert again.producer() in list(graph.ir)


def test_back_and_forth():
    """A model that is read and written again is the same model."""
    model = to_model(prune(_tanh()))

    assert onnx.printer.to_text(model) == text(from_model(model))


def test_the_text_shows_the_graph():
    shown = text(prune(_tanh()))

    assert "net (float[N,2] x) => (float[N,2] y)" in shown
    assert "Tanh" in shown


def test_bodies_are_copied():
    """An If, whose branches read values from outside, comes through."""
    model = parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 18]>
    net (float[N] x, bool flag) => (float[N] y) {
        y = If (flag) <
            then_branch = yes () => (float[N] a) { a = Neg (x) },
            else_branch = no () => (float[N] b) { b = Exp (x) }
        >
    }
    """)
    graph = verify(from_model(model), "reading")
    onnx.checker.check_model(to_model(graph), full_check=True)

    assert "Neg (x)" in text(graph)


def test_inline_renames():
    """Nodes copied into another graph get names there; their inputs are what is given for them."""
    source = _tanh()
    graph = Graph()
    x = graph.input("features", np.float32, ["N", 2])
    w = graph.input("weights", np.float32, [2])
    given = {source.ir.inputs[0]: x, source.ir.initializers["w"]: w}
    with graph.scope("copy"):
        values = inline(graph, list(source.ir), given)
    y = values[source.ir.outputs[0]]

    assert y.name.startswith("copy/")
    assert [x, w] == [v for node in graph.ir for v in node.inputs if node.op_type == "Mul"]


def test_a_graph_that_reads_what_is_not_there():
    graph, other = _tanh(), Graph()
    stranger = other.input("stranger", np.float32, [2])
    graph.output(graph.Relu(stranger), "z")
    with pytest.raises(GraphError, match="after lowering: Relu 'Relu' reads 'stranger'"):
        verify(graph, "lowering")


def test_two_values_of_one_name():
    graph = _tanh()
    next(iter(graph.ir)).outputs[0].name = "x"
    with pytest.raises(GraphError, match="two values are called 'x'"):
        verify(graph, "lowering")


def test_an_output_that_nothing_makes():
    graph = _tanh()
    graph.ir.outputs.append(Value(graph, "stranger", ir.DataType.FLOAT, [2]))
    with pytest.raises(GraphError, match="nothing makes the output 'stranger'"):
        verify(graph, "lowering")
