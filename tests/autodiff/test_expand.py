"""Operators without a rule are differentiated through the bodies that ONNX publishes for them."""

import numpy as np
import onnx
import pytest

from declnet.autodiff import BUILT_IN, Rules, differentiate
from declnet.autodiff.registry import decomposition
from declnet.errors import GraphError, MissingGradient
from declnet.graph import Graph, prune, to_model, verify
from declnet.testing import check_gradient

_random = np.random.default_rng(3)
OPSET = onnx.defs.onnx_opset_version()


def normal(*shape):
    return _random.normal(size=shape).astype(np.float32)


def group_norm(x, scale, bias, groups=2):
    """Group normalisation in float64 (Wu and He 2018)."""
    grouped = x.reshape(len(x), groups, -1)
    centred = grouped - grouped.mean(-1, keepdims=True)
    normal = (centred / np.sqrt(grouped.var(-1, keepdims=True) + 1e-5)).reshape(x.shape)
    return normal * scale[:, None, None] + bias[:, None, None]


def mean_variance_norm(x):
    over = (0, 2, 3)
    return (x - x.mean(over, keepdims=True)) / (x.std(over, keepdims=True) + 1e-9)


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "how"),
    [
        (
            "GroupNormalization",
            [normal(2, 4, 3, 3), normal(4), normal(4)],
            {"num_groups": 2},
            {"forward": lambda arrays: [group_norm(*arrays)]},
        ),
        ("MeanVarianceNormalization", [normal(2, 3, 2, 2)], {}, {"forward": lambda a: [mean_variance_norm(*a)]}),
        ("CenterCropPad", [normal(2, 3, 4), [2, 3, 2]], {}, {}),
        pytest.param("RMSNormalization", [normal(2, 3, 4), normal(4)], {}, {"opset": 23},
                     marks=pytest.mark.skipif(OPSET < 23, reason="onnx has no opset 23")),
        pytest.param("Attention", [normal(1, 2, 3, 4), normal(1, 2, 3, 4), normal(1, 2, 3, 4)], {}, {"opset": 23},
                     marks=[pytest.mark.skipif(OPSET < 23, reason="onnx has no opset 23")]),
    ],
)  # fmt: skip
def test_published_bodies(op, inputs, attributes, how, opset_of_runtime):
    """Their gradients are right, and so are those of the gradients."""
    if how.get("opset", 21) > opset_of_runtime:
        pytest.skip("this onnxruntime does not read the opset")

    assert ("", op) not in BUILT_IN.entries
    check_gradient(op, inputs, attributes, **how)


def _normalized():
    graph = Graph()
    x = graph.input("x", np.float32, ["N", 4, 3])
    scale = graph.input("scale", np.float32, [4])
    return graph, x, scale


def test_only_what_needs_a_body_is_expanded():
    """An operator off the way to the loss, or with a rule, stays as it is."""
    graph, x, scale = _normalized()
    aside = graph.GroupNormalization(x, scale, scale, num_groups=4)
    y = graph.GroupNormalization(graph.Relu(x), scale, scale, num_groups=2)
    differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [scale])
    operators = [node.op_type for node in graph.ir]

    assert operators.count("GroupNormalization") == 1
    assert "Relu" in operators
    assert aside.producer().op_type == "GroupNormalization"


def test_an_output_of_the_graph_keeps_its_name():
    """An expanded operator whose output the model gives away still gives it, under the same name."""
    graph, x, scale = _normalized()
    y = graph.output(graph.GroupNormalization(x, scale, scale, num_groups=2), "y")
    differentiate(graph, graph.ReduceSum(y, keepdims=0), [scale])

    assert ["y"] == [value.name for value in graph.ir.outputs]


def test_the_same_operator_twice():
    """Two equal operators are one value, and one expansion."""
    graph, x, scale = _normalized()
    once = graph.GroupNormalization(x, scale, scale, num_groups=2)
    twice = graph.GroupNormalization(x, scale, scale, num_groups=2)
    found = differentiate(graph, graph.ReduceSum(once * twice, keepdims=0), [scale])

    assert found[0] is not None
    assert "GroupNormalization" not in [node.op_type for node in graph.ir]


def test_who_holds_what_was_expanded_uses_what_stands_for_it(run):
    """As an output that is named later, in a call that is made again, as a loss and what it is differentiated by."""
    graph, x, scale = _normalized()
    y = graph.GroupNormalization(x, scale, scale, num_groups=2)
    [first] = differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [scale])
    again = graph.GroupNormalization(x, scale, scale, num_groups=2)
    [second] = differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [scale])
    [dy] = differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [y])
    for name, value in {"y": y, "dy": dy}.items():
        graph.output(value, name)
    feed = {"x": normal(2, 4, 3), "scale": normal(4)}
    found = run(to_model(verify(prune(graph), "differentiation")), feed)

    assert (first, graph.current(y)) == (second, again)
    expected = group_norm(feed["x"][..., None], feed["scale"], feed["scale"])[..., 0]
    np.testing.assert_allclose(expected, found["y"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(2 * expected, found["dy"], rtol=1e-4, atol=1e-5)


def test_no_gradient_flows_through_a_constant_that_was_expanded():
    """It is what stands for the value that whoever calls holds."""
    graph, x, scale = _normalized()
    y = graph.GroupNormalization(x, scale, scale, num_groups=2)
    differentiate(graph, graph.ReduceSum(y, keepdims=0), [scale])

    assert [None] == differentiate(graph, graph.ReduceSum(y, keepdims=0), [scale], constants=[y])


def test_a_decomposition_gives_each_output_that_is_read():
    """One that is left out is named, rather than computed by an operator of which only half is differentiated."""
    graph, x, _ = _normalized()
    values, indices = graph.TopK(x, [2], outputs=2)
    graph.output(indices, "indices")
    half = decomposition("TopK")(lambda node: [node.graph.Slice(node.input(0), [0], [2], [2])])

    with pytest.raises(GraphError, match="nothing was substituted for 'indices'"):
        differentiate(graph, graph.ReduceSum(values, keepdims=0), [x], rules=Rules([half], below=BUILT_IN))


def test_neither_rule_nor_body():
    """The error names operator, node and reason, and both ways out."""
    graph = Graph()
    x = graph.input("x", np.float32, [2, 1, 3])
    with graph.scope("filter", **{"declnet.layer": "filter", "declnet.path": "/layers/2"}):
        y = graph.op("Twist", x, domain="com.example", types=[("float32", [2, 1, 3])])
    with pytest.raises(MissingGradient) as caught:
        differentiate(graph, graph.ReduceSum(y, keepdims=0), [x])
    shown = str(caught.value)

    assert "no gradient for operator com.example::Twist (node 'filter/Twist', in layer 'filter')" in shown
    assert "/layers/2" in shown
    assert "write a rule" in shown and "choose another layer" in shown
