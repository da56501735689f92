"""Layers that take or make indices, and the check of indices when data are loaded."""

import numpy as np
import pytest
from declnet_dense.discretize import discretize
from declnet_dense.embedding import embedding
from declnet_dense.one_hot import one_hot

import declnet
from declnet import DataError, DeclnetError
from declnet.testing import check_layer, layer_gradients, run_layer

TOKENS = np.array([[0, 3, 6], [6, 6, 1]])


def spec(layers, dtype="int64", shape=(3,)):
    """A spec whose first layers read the column of tokens."""
    return {
        "name": "tokens",
        "inputs": {"tokens": {"shape": list(shape), "dtype": dtype}},
        "layers": [*layers, {"type": "flatten"}, {"type": "dense", "units": 1}],
        "training": {
            "loss": {"type": "mean_squared_error", "target": "y"},
            "optimizer": {"type": "sgd", "learning_rate": 0.1},
            "epochs": 1,
            "batch_size": 2,
        },
    }


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_rows_of_a_table(dtype):
    """Each index becomes its row."""
    table = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")

    results, _ = run_layer(
        embedding, {"vocabulary": 7, "units": 4}, [TOKENS.astype(dtype)], weights={"embedding": table}
    )

    for expected, actual in zip((table[TOKENS], table), results, strict=True):
        np.testing.assert_array_equal(expected, actual)


def test_as_pytorch(torch):
    """Each use of a row adds to its gradient, and so does what is done with the whole table."""
    random = np.random.default_rng(0)
    table, dy, d_table = (random.normal(size=s).astype("float32") for s in ((7, 4), (*TOKENS.shape, 4), (7, 4)))
    t = torch.tensor(table, requires_grad=True)
    torch.nn.functional.embedding(torch.tensor(TOKENS), t).backward(torch.tensor(dy))

    _, gradients = layer_gradients(
        embedding, {"vocabulary": 7, "units": 4}, [TOKENS], [dy, d_table], weights={"embedding": table}
    )

    np.testing.assert_allclose(t.grad.numpy() + d_table, gradients["embedding"], rtol=1e-5, atol=1e-6)


def test_one_hot():
    """Each index becomes a row of the unit matrix."""
    [y], _ = run_layer(one_hot, {"classes": 7}, [TOKENS])

    np.testing.assert_array_equal(np.eye(7)[TOKENS], y)


def test_discretize():
    """A boundary belongs to the bin above it, as numpy.digitize has it."""
    x = np.array([[-1, 0, 0.5], [1.5, 9, np.nextafter(np.float32(1.5), np.float32(0))]], "float32")

    [y], _ = run_layer(discretize, {"boundaries": [0, 1.5]}, [x])

    np.testing.assert_array_equal(np.digitize(x, [0, 1.5]), y)


def test_boundaries_ascend():
    """Bins that would be empty or turned round are refused."""
    with pytest.raises(DeclnetError, match="boundaries must ascend"):
        run_layer(discretize, {"boundaries": [0, 0]}, [np.zeros((2, 3), "float32")])


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "output"),
    [
        (embedding, {"vocabulary": 7, "units": 4}, ("int64", "N", 5), [("N", 5, 4), (7, 4)]),
        (embedding, {"vocabulary": 7, "units": 4}, ("int64", "N"), [("N", 4), (7, 4)]),
        (one_hot, {"classes": 7}, ("int64", "N", 5), ("N", 5, 7)),
    ],
)
def test_shapes_and_gradients(layer, properties, shape, output):
    """A last axis is added; the gradient of a row is the sum over its uses."""
    check_layer(layer, properties, inputs=[shape], output=output)


@pytest.mark.parametrize(
    ("layer", "properties"), [(embedding, {"vocabulary": 7, "units": 4}), (one_hot, {"classes": 7})]
)
def test_floats_are_no_indices(layer, properties):
    """Numbers with a point are refused, with the way out."""
    with pytest.raises(DeclnetError, match=r'takes integers[\s\S]*"dtype": "int64"'):
        run_layer(layer, properties, [np.zeros((2, 3), "float32")])


@pytest.mark.parametrize(
    "layers",
    [
        [{"type": "embedding", "vocabulary": 7, "units": 4}],
        [{"type": "one_hot", "classes": 7}],
        [{"type": "reshape", "shape": [3, 1]}, {"type": "embedding", "vocabulary": 7, "units": 4}],
        [
            {"type": "embedding", "vocabulary": 9, "units": 4, "name": "wide"},
            {"type": "embedding", "vocabulary": 7, "units": 4, "inputs": "tokens", "name": "narrow"},
            {"type": "add", "inputs": ["wide", "narrow"]},
        ],
    ],
)
@pytest.mark.parametrize("wrong", [7, -1])
def test_out_of_range_is_found_when_data_are_loaded(layers, wrong):
    """The smallest vocabulary that a column reaches bounds it, before the first step."""
    tokens = TOKENS.copy()
    tokens[1, 0] = wrong

    with pytest.raises(DataError, match=rf"'tokens'[\s\S]*found: {wrong} in row 1[\s\S]*allowed: integers from 0 to 6"):
        declnet.train(spec(layers), data={"train": {"tokens": tokens, "y": np.zeros((2, 1))}})


def test_out_of_range_is_found_when_predicting():
    """A trained model refuses what it has no row for."""
    layers = [{"type": "embedding", "vocabulary": 7, "units": 4}]
    run = declnet.train(spec(layers), data={"train": {"tokens": TOKENS, "y": np.zeros((2, 1))}})

    with pytest.raises(DataError, match="integers from 0 to 6"):
        run.predict({"tokens": TOKENS + 1})
