"""What is known of shapes, and of what is computed from them, while a graph is built."""

import numpy as np
import pytest

from declnet.graph import Graph, dims
from declnet.graph.known import content


@pytest.fixture
def graph():
    return Graph()


def images(graph):
    return graph.input("x", np.float32, ["N", 3, 8, 6])


def test_dims_that_have_only_a_name_are_followed(graph):
    """Through the operators that move them; arithmetic is done where all numbers are known."""
    shape = graph.Shape(images(graph))
    batch = graph.Slice(shape, [0], [1])
    area = graph.ReduceProd(graph.Slice(shape, [2], [4]))
    wanted = graph.Concat(batch, graph.Unsqueeze(graph.Gather(shape, 1), [0]), area, axis=0)

    assert 48 == area.const_value.numpy().item()
    assert ["N", 3, 48] == content(wanted, graph._known).tolist()
    assert ("N", 3, 48) == dims(graph.Reshape(images_of(graph), wanted))


def images_of(graph):
    return next(value for value in graph.ir.inputs if value.name == "x")


def test_a_rank_is_known_though_no_dim_is(graph):
    x, shape = images(graph), graph.input("shape", np.int64, [2])

    assert (None, None) == dims(graph.Reshape(x, shape))
    assert ("N", 3, 8, 6) == dims(graph.Expand(x, graph.Slice(graph.Shape(x), [0], [4])))


def test_what_is_the_same_in_every_run_is_computed(graph):
    """Also of floating-point numbers, as the scales of a Resize are."""
    shape = graph.Cast(graph.Slice(graph.Shape(images(graph)), [2], [4]), to=1)
    scales = graph.Div(np.float32([16, 9]), shape)

    np.testing.assert_allclose([2, 1.5], scales.const_value.numpy())


def test_an_input_with_a_default_is_not_constant(graph):
    """A run may give it another value."""
    rate = graph.input("rate", np.float32, [])
    graph.default(rate, 0.5)

    assert (rate * 2.0).const_value is None


def test_random_numbers_are_not_constant(graph):
    assert graph.RandomNormal(shape=[2]).const_value is None
    assert graph.Bernoulli(graph.constant([0.5, 0.5])).const_value is None
