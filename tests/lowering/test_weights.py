"""Weights that a schema declares: net.weight reads what the spec chose, net.chosen hands it on."""

import re

import pytest

from declnet import DeclnetError, layer
from declnet.graph import Graph
from declnet.lowering import Net, Tensors
from declnet.plugins import installed
from declnet.testing import check_layer

BIAS = {"type": "boolean", "default": True, "description": "Whether to add the offset."}
OFFSET = {"initializer": "zeros", "regularizer": "l2", "constraint": "non_negative", "description": "the offset"}


@layer({"properties": {"bias": BIAS}, "weights": {"kernel": "ones", "offset": OFFSET}})
def affine(net, x, *, bias):
    """A product, and an offset that is stored under another name."""
    y = x * net.weight("kernel", [3])
    return y + net.weight("bias", [3], declared="offset") if bias else y


@layer({"weights": {"kernel": "ones", "offset": OFFSET}})
def looped(net, x):
    """A dense layer in each step of a loop, with the choices for this layer."""

    def step(net, states, items):
        return [net.layer("dense", states[0] + items[0], units=3, **net.chosen("kernel", bias="offset"))], []

    (last,), _ = net.scan(step, [x], [net.Unsqueeze(x, [1])])
    return last


def choices(component, **properties):
    """The types of initializer, regularizer and constraint of each weight, by its name in the layer."""
    graph = Graph()
    net = Net(Tensors(graph), installed(), "layer", training=True)
    net.lower(component, [graph.input("x", "float32", ["N", 3])], properties)
    return {
        name.removeprefix("layer/"): (p.initializer["type"], p.regularizer, p.constraint)
        for name, p in net.tensors.parameters.items()
    }


def test_defaults_are_those_of_the_schema():
    """An initializer alone, or all three."""
    assert {"kernel": ("ones", None, None), "bias": ("zeros", "l2", "non_negative")} == choices(affine)


def test_what_a_spec_chose():
    """Under the names of the schema, each for itself."""
    given = {"kernel_initializer": {"type": "zeros"}, "kernel_constraint": "unit_norm", "offset_regularizer": None}

    assert {"kernel": ("zeros", None, "unit_norm"), "bias": ("zeros", None, "non_negative")} == choices(affine, **given)


def test_what_a_layer_hands_on():
    """To a layer within it, also in a loop, for weights that have other names there."""
    given = {"kernel_regularizer": "l1", "offset_initializer": "ones"}
    expected = {"dense/kernel": ("ones", "l1", None), "dense/bias": ("ones", "l2", "non_negative")}

    assert expected == choices(looped, **given)


def test_a_weight_that_no_spec_chooses():
    """It has the initializer that the layer gives it."""

    @layer({})
    def scaled(net, x):
        """A product."""
        return x * net.weight("scale", [3], "ones")

    assert {"scale": ("ones", None, None)} == choices(scaled)


@pytest.mark.parametrize("ask", [lambda net: net.weight("scale", [3]), lambda net: net.chosen("scale")])
@pytest.mark.parametrize(
    ("weights", "declared"), [({"kernel": "ones", "bias": "ones"}, "'kernel', 'bias'"), ({}, "it declares none")]
)
def test_a_weight_that_is_not_declared(ask, weights, declared):
    """The error names the layer, the weight, and what is declared."""

    @layer({"weights": weights})
    def scaled(net, x):
        """Asks for a weight that its schema does not know."""
        ask(net)
        return x

    with pytest.raises(DeclnetError, match="the schema of 'layer' declares no weight 'scale'") as refusal:
        choices(scaled)

    (found,) = refusal.value.diagnostics
    assert ("DN2001", declared) == (found.code, found.allowed)
    assert '"weights": {"scale": "glorot_uniform"}' in found.hint


def test_check_layer_finds_a_weight_that_nobody_asks_for():
    """Unless the layer is said to be without it; and one that it is said to be without, and has."""
    shapes = {"inputs": [("N", 3)], "output": ("N", 3)}
    check_layer(affine, {}, **shapes)
    check_layer(affine, {"bias": False}, **shapes, without=["offset"])

    with pytest.raises(AssertionError, match=re.escape("affine does not ask for: ['offset'], without: []")):
        check_layer(affine, {"bias": False}, **shapes)
    with pytest.raises(AssertionError, match=re.escape("affine does not ask for: [], without: ['offset']")):
        check_layer(affine, {}, **shapes, without=["offset"])


def test_an_initializer_that_nobody_has():
    """A default is looked up where it is needed."""

    @layer({"weights": {"kernel": "glorot"}})
    def scaled(net, x):
        """A product."""
        return x * net.weight("kernel", [3])

    with pytest.raises(DeclnetError, match="there is no initializer 'glorot'"):
        choices(scaled)
