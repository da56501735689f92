"""einsum_dense against numpy.einsum in float64, and what it says of equations that make no sense."""

import numpy as np
import pytest
from declnet_dense.einsum_dense import einsum_dense

import declnet
from declnet.program import Program
from declnet.testing import check_layer, layer_gradients, run_layer

# Equation, output_shape, bias_axes, shape of the input: the first four are the examples of Keras's documentation.
CASES = [
    ("ab,bc->ac", 64, "c", (3, 32)),
    ("abc,cd->abd", [None, 64], "d", (3, 32, 128)),
    ("...x,xy->...y", 64, "y", (3, 32, 128)),
    ("...x,xy->...y", 64, "y", (3, 128)),
    ("ab...,bc->ac...", 6, "c", (3, 4, 2, 5)),
    ("a...x,xyz->a...zy", [3, 2], "y", (3, 5, 2, 4)),
    ("abc, cde -> abde", [5, 2, 3], "de", (3, 5, 4)),
    ("aBc,Bcd->aBd", [None, 6], "B", (3, 4, 2)),
    ("abcd,cde->abe", [None, 7], "", (3, 5, 4, 2)),
    ("abc,c->ac", [None], "c", (3, 5, 2)),
]


def given(equation, output_shape, bias_axes=""):
    return {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes}


@pytest.mark.parametrize(("equation", "output_shape", "bias_axes", "shape"), CASES)
def test_numpy(equation, output_shape, bias_axes, shape):
    """The sum of numpy.einsum, and a bias that differs along the axes that are named."""
    random = np.random.default_rng(0)
    x = random.standard_normal(shape).astype("float32")
    properties = given(equation, output_shape, bias_axes) | {"bias_initializer": "normal"}

    [y], weights = run_layer(einsum_dense, properties, [x])

    expected = np.einsum(equation, x.astype("float64"), weights["kernel"].astype("float64"), optimize=True)
    np.testing.assert_allclose(expected + weights.get("bias", 0), y, rtol=1e-5, atol=1e-5)
    axes = [size for size in weights.get("bias", np.zeros([])).shape if size > 1]
    assert len(bias_axes) == len(axes)


@pytest.mark.parametrize(
    ("equation", "output_shape", "bias_axes", "shape", "kernel", "bias", "output"),
    [
        ("abc,cd->abd", [None, 6], "bd", (5, 4), (4, 6), (5, 6), (5, 6)),
        ("abc,cd->adb", [6, None], "d", (5, 4), (4, 6), (6, 1), (6, 5)),
        ("ab...,bc->ac...", 6, "c", (4, 2), (4, 6), (6, 1), (6, 2)),
        ("abc,cde->abde", [None, 2, 3], "e", (5, 4), (4, 2, 3), (3,), (5, 2, 3)),
    ],
)
def test_shapes_and_gradients(equation, output_shape, bias_axes, shape, kernel, bias, output):
    """The batch stays symbolic, and gradients agree with differences."""
    properties = given(equation, output_shape, bias_axes) | {"activation": "tanh"}
    _, weights = run_layer(einsum_dense, properties, [np.zeros((2, *shape), "float32")])

    assert (kernel, bias) == (weights["kernel"].shape, weights["bias"].shape)
    check_layer(einsum_dense, properties, inputs=[("N", *shape)], output=("N", *output))


def test_as_pytorch(torch):
    """Outputs and gradients are those of torch.einsum in float64."""
    random = np.random.default_rng(0)
    shapes = {"x": (2, 5, 4), "kernel": (4, 2, 3), "bias": (2, 3), "dy": (2, 5, 2, 3)}
    arrays = {name: random.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    t = {name: torch.tensor(array.astype("float64"), requires_grad=True) for name, array in arrays.items()}
    expected = torch.einsum("abc,cde->abde", t["x"], t["kernel"]) + t["bias"]
    expected.backward(t["dy"])
    weights = {name: arrays[name] for name in ("kernel", "bias")}

    [y], gradients = layer_gradients(
        einsum_dense, given("abc,cde->abde", [None, 2, 3], "de"), [arrays["x"]], [arrays["dy"]], weights=weights
    )

    np.testing.assert_allclose(expected.detach().numpy(), y, rtol=1e-5, atol=1e-5)
    for name, tensor in {"input_0": t["x"], "kernel": t["kernel"], "bias": t["bias"]}.items():
        np.testing.assert_allclose(tensor.grad.numpy(), gradients[name], rtol=1e-4, atol=1e-4, err_msg=name)


def spec(**properties):
    return {"inputs": {"x": {"shape": [5, 4]}}, "layers": [{"type": "einsum_dense", **properties}]}


def test_fans():
    """What is summed over goes into a unit, the axes that the kernel adds are units: Glorot's limits say so."""
    weights = Program(declnet.load(spec(**given("abc,cde->abde", [None, 100, 200])))).initial_weights()

    limit = np.sqrt(6 / (4 + 100 * 200))
    largest = np.abs(weights["einsum_dense_1/kernel"]).max()
    assert 0.99 * limit < largest <= limit


MISTAKES = {
    "no equation": ({"equation": "abc,cd"}, "equation", "no equation of an input and a kernel"),
    "an ellipsis that goes nowhere": ({"equation": "...c,cd->ad"}, "equation", '"..." in both INPUT and OUTPUT'),
    "another rank": ({"equation": "ac,cd->ad"}, "equation", "the equation gives its input 2 axes\n  found: 'x' gives"),
    "no axis for the batch": ({"equation": "...abc,cd->...abd"}, "equation", '3 axes and "..."'),
    "twice": ({"equation": "abb,bd->ad"}, "equation", "letter 'b' stands twice in 'abb'"),
    "out of nowhere": ({"equation": "abc,cd->abe"}, "equation", "letter 'd' of the kernel stands neither"),
    "not made": ({"equation": "abc,c->abe"}, "equation", "letter 'e' of the output stands neither"),
    "batch moved": ({"equation": "abc,cd->bad"}, "equation", "the first axis of the input is the batch"),
    "batch in the kernel": ({"equation": "abc,acd->abd"}, "equation", "the first axis of the input is the batch"),
    "too few sizes": ({"output_shape": 6}, "output_shape", "one size for each of the letters 'bd'"),
    "a size that is not known": ({"output_shape": [5, None]}, "output_shape", "size of 'd', an axis of the kernel"),
    "another size": ({"output_shape": [4, 6]}, "output_shape", "5 along 'b'\n  found: 4; allowed: null or 5"),
    "bias of nothing": ({"bias_axes": "c"}, "bias_axes", "found: 'c'; allowed: b, d"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "place", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(wrong, place, message):
    """Each is told at its property, with the letter."""
    _, diagnostics = declnet.check(spec(**given("abc,cd->abd", [None, 6]) | wrong))

    (error,) = [each for each in diagnostics if each.severity == "error"]
    assert f"/layers/0/{place}" == error.pointer
    assert message in str(error)


def test_norms_are_those_of_the_units():
    """max_norm bounds the weights that are summed up for one unit, wherever they stand in the kernel."""
    layer = {"type": "einsum_dense", **given("abc,cde->abde", [None, 2, 3]), "name": "it"}
    layer["kernel_constraint"] = {"type": "max_norm", "limit": 0.1}
    training = {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "epochs": 1,
        "batch_size": 4,
    }
    data = {"x": np.ones((4, 5, 4), "float32"), "y": np.ones((4, 5, 2, 3), "float32")}

    run = declnet.train({**spec(), "layers": [layer], "training": training}, data={"train": data})

    norms = np.linalg.norm(run.weights["it/kernel"], axis=0)
    np.testing.assert_allclose(np.full((2, 3), 0.1), norms, rtol=1e-4)
