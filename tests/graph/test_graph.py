"""A graph is built by calling operators; each is typed as it is made."""

import numpy as np
import onnx_ir as ir
import pytest

from declnet.errors import GraphError
from declnet.graph import dims


def test_operators_are_typed(graph, x):
    """Type and shape are known at once; the batch stays symbolic."""
    y = graph.MatMul(x, np.ones((3, 5), np.float32))

    assert ("N", 5) == dims(y)
    assert ir.DataType.FLOAT == y.dtype


def test_arithmetic_is_operators(graph, x):
    y = -((2.0 * x + x / 3.0 - 1.0) ** 2.0)

    assert ["Mul", "Div", "Add", "Sub", "Pow", "Neg"] == [node.op_type for node in graph.ir]
    assert ("N", 3) == dims(y)


def test_numbers_take_the_type_of_the_values_beside_them(graph):
    """A number beside float64 is float64; a list where ONNX wants integers is int64."""
    x = graph.input("x", np.float64, ["N", 4])
    y = graph.Clip(x, 0, 6)
    z = graph.Reshape(y, [0, 2, 2])

    assert [ir.DataType.DOUBLE] * 3 == [value.dtype for value in y.producer().inputs]
    assert ir.DataType.INT64 == z.producer().inputs[1].dtype


def test_equal_calls_are_one_value(graph, x):
    """An expression that is written twice is computed once, whatever its attributes are spelled as."""
    assert graph.Tanh(x) is graph.Tanh(x)
    assert graph.Elu(x, alpha=2) is graph.Elu(x, alpha=2.0)
    assert graph.Elu(x, alpha=1.0) is not graph.Elu(x, alpha=2.0)
    assert (x + 1.0) is (x + 1.0)


def test_draws_are_never_shared(graph, x):
    assert graph.RandomNormalLike(x) is not graph.RandomNormalLike(x)


def test_tensor_attributes_are_compared_by_value(graph, x):
    """Two equal arrays are one attribute, two different ones are two."""
    shape = graph.Shape(x)
    one, same, other = (graph.ConstantOfShape(shape, value=np.full(1, v, np.float32)) for v in (1, 1, 2))

    assert one is same
    assert one is not other


def test_several_outputs(graph, x):
    values, indices = graph.TopK(x, [2], outputs=2)

    assert ("N", 2) == dims(values) == dims(indices)
    assert ir.DataType.INT64 == indices.dtype


def test_one_output_that_is_asked_for(graph, x):
    """As many outputs as are asked for come in a tuple, one as well: their number may be computed."""
    assert (graph.Split(x, num_outputs=1),) == graph.Split(x, num_outputs=1, outputs=1)


def test_an_absent_input(graph, x):
    y = graph.Clip(x, None, 6.0)

    assert y.producer().inputs[1] is None


def test_an_unknown_operator(graph):
    with pytest.raises(GraphError, match="no operator 'Relo'") as caught:
        graph.Relo(1.0)

    assert "'Relu'" in str(caught.value)


def test_shapes_that_do_not_fit(graph, x):
    """The message shows the call, with the types that it was given."""
    with pytest.raises(GraphError) as caught, graph.scope("hidden"):
        graph.MatMul(x, np.ones((4, 5), np.float32))

    assert "MatMul(float32 (N, 3), float32 (4, 5)) in 'hidden/MatMul'" in str(caught.value)


def test_too_many_inputs(graph, x):
    with pytest.raises(GraphError, match="it takes 1 to 1 inputs, not 2"):
        graph.Relu(x, x)


def test_an_unknown_attribute(graph, x):
    with pytest.raises(GraphError, match="no attribute 'alfa'; it has \\['alpha'\\]"):
        graph.Elu(x, alfa=1.0)


def test_a_failed_call_leaves_no_trace(graph, x):
    """What could not be typed is not in the graph."""
    with pytest.raises(GraphError):
        graph.Relu(x, x)

    assert [] == list(graph.ir)


def test_names_follow_scopes(graph, x):
    with graph.scope("encoder"), graph.scope("first", **{"declnet.path": "/layers/0"}):
        y, z = graph.Tanh(x), graph.Tanh(x * 2.0)

    assert ["encoder/first/Tanh", "encoder/first/Tanh_1"] == [y.name, z.name]
    assert {"declnet.path": "/layers/0"} == dict(y.producer().metadata_props)


def test_a_name_is_taken_once(graph, x):
    with pytest.raises(GraphError, match="'x' is used twice"):
        graph.input("x", np.float32, [3])


def test_shapes_follow_shape_vectors(graph, x):
    """Reshaping to the shape of another value gives that value's dims, also through Concat and Shape's ends."""
    flat = graph.Reshape(x, [-1])
    again = graph.Reshape(flat, graph.Shape(x))
    third = graph.Reshape(flat, graph.Concat(graph.Shape(x, end=1), [3, 1], axis=0))

    assert ("N", 3) == dims(again)
    assert ("N", 3, 1) == dims(third)


def test_expanding_keeps_what_is_larger(graph):
    """Expanding (N, 3) to a shape with a 1 does not shrink it."""
    x = graph.input("x", np.float32, [4, 3])
    small = graph.input("small", np.float32, [1, 3])

    assert (4, 3) == dims(graph.Expand(x, graph.Shape(small)))


def test_optional_outputs_can_be_asked_for_later(graph):
    """The rule of a max pool makes the forward operator give its indices."""
    x = graph.input("x", np.float32, ["N", 1, 4, 4])
    y = graph.MaxPool(x, kernel_shape=[2, 2], strides=[2, 2])
    graph.complete_outputs(y.producer(), 2)
    indices = y.producer().outputs[1]

    assert ir.DataType.INT64 == indices.dtype
    assert ("N", 1, 2, 2) == dims(indices)


def test_operators_of_other_domains(graph, x):
    """Their types are given; an output that is left out has no name."""
    first, second = graph.op("Twist", x, domain="com.example", types=[None, ("float32", ["N", 2])])

    assert "" == first.name
    assert ("N", 2) == dims(second)
    assert 1 == graph.ir.opset_imports["com.example"]


@pytest.mark.parametrize("use", [bool, iter])
def test_values_are_not_numbers(graph, x, use):
    """A mistake such as ``if x > 0`` says what to use instead."""
    with pytest.raises(TypeError, match="graph value such as 'x'"):
        use(x)
