"""What layers let a spec say of their weights: first values, penalties, constraints."""

import numpy as np
import pytest

import declnet
from declnet.plugins import installed

LAYERS = installed().components("layer")
KINDS = ("_initializer", "_regularizer", "_constraint")


@pytest.mark.parametrize("name", LAYERS)
def test_each_weight_has_all_three(name):
    """Where a spec can choose the first values of a weight, it can choose its penalty and its constraint."""
    given = {key for key in LAYERS[name].properties if key.endswith(KINDS)}
    weights = {key.rsplit("_", 1)[0] for key in given}

    assert {weight + kind for weight in weights for kind in KINDS} == given


SEQUENCE = {"inputs": "sequence"}
IMAGE = {"inputs": "image"}
PROJECTIONS = {f"{name}/kernel": 0 for name in ("query", "key", "value", "output")}
# Layers, and of each of their weights the axes along which the weights into one unit lie.
UNITS = {
    "dense": ({"units": 3, **SEQUENCE}, {"kernel": 0, "bias": 0}),
    "maxout": ({"units": 3, "pieces": 2, **SEQUENCE}, {"kernel": 0, "bias": 0}),
    "bilinear": ({"units": 3, "inputs": ["sequence", "sequence"]}, {"kernel": (0, 1), "bias": 0}),
    "einsum_dense": (
        {"equation": "abc,dcb->ad", "output_shape": 3, "bias_axes": "d", **SEQUENCE},
        {"kernel": (1, 2), "bias": 0},
    ),
    "embedding": ({"vocabulary": 9, "units": 3, "inputs": "words"}, {"embedding": 0}),
    "position_embedding": (SEQUENCE, {"embedding": 0}),
    "conv": ({"filters": 6, "kernel": 3, "groups": 2, **IMAGE}, {"kernel": (1, 2, 3), "bias": 0}),
    "conv_transpose": ({"filters": 6, "kernel": 3, **IMAGE}, {"kernel": (0, 2, 3), "bias": 0}),
    "depthwise_conv": ({"multiplier": 2, "kernel": 3, **IMAGE}, {"kernel": (1, 2, 3), "bias": 0}),
    "separable_conv": (
        {"filters": 3, "kernel": 3, **IMAGE},
        {"depthwise/kernel": (1, 2, 3), "pointwise/kernel": (1, 2, 3), "pointwise/bias": 0},
    ),
    "simple_rnn": ({"units": 3, **SEQUENCE}, {"kernel": 0, "recurrent_kernel": 0, "bias": 0}),
    "lstm": ({"units": 3, **SEQUENCE}, {"kernel": 0, "recurrent_kernel": 0, "bias": 0}),
    "gru": ({"units": 3, **SEQUENCE}, {"kernel": 0, "recurrent_kernel": 0, "bias": 0, "recurrent_bias": 0}),
    "multi_head_attention": (
        {"heads": 2, **SEQUENCE},
        PROJECTIONS | {"query/bias": 0, "output/bias": 0},
    ),
    "additive_attention": ({"units": 3, **SEQUENCE}, {"query/kernel": 0, "key/kernel": 0, "scale": 0}),
    "transformer_encoder": (
        {"heads": 2, "units": 3, **SEQUENCE},
        {"attention/query/kernel": 0, "hidden/kernel": 0, "output/kernel": 0},
    ),
    "transformer_decoder": (
        {"heads": 2, "units": 3, "inputs": ["sequence", "sequence"]},
        {"memory_attention/value/kernel": 0, "hidden/kernel": 0, "output/kernel": 0},
    ),
    "batch_norm": (IMAGE, {"scale": 0, "bias": 0}),
    "group_norm": ({"groups": 2, **IMAGE}, {"scale": 0, "bias": 0}),
    "layer_norm": ({"axis": 1, **IMAGE}, {"scale": (0, 1, 2), "bias": (0, 1, 2)}),
    "prelu": (IMAGE, {"slope": (0, 1, 2)}),
}


def constrained(name, properties):
    """The layer, with every weight held to vectors of length 1; biases are not 0 to begin with."""
    keys = LAYERS[name].properties
    choices = {key: "unit_norm" for key in keys if key.endswith("_constraint")}
    choices |= {"bias_initializer": "ones"} if "bias_initializer" in keys else {}
    return {"type": name, "name": name, **properties, **choices}


INPUTS = {"sequence": [5, 4], "image": [4, 6, 6], "words": [2]}


@pytest.mark.parametrize("part", range(3))
def test_norms_are_those_of_the_weights_into_one_unit(part):
    """In the layout of each layer; one step of a third of them at once."""
    units = dict(list(UNITS.items())[part::3])
    layers = [constrained(name, properties) for name, (properties, _) in units.items()]
    layers += [{"type": "flatten", "name": f"flat_{name}", "inputs": name} for name in units]
    layers += [{"type": "concat", "inputs": [f"flat_{name}" for name in units]}, {"type": "dense", "units": 1}]
    dtypes = {"sequence": "float32", "image": "float32", "words": "int64"}
    spec = {
        "inputs": {name: {"shape": shape, "dtype": dtypes[name]} for name, shape in INPUTS.items()},
        "layers": layers,
        "training": {
            "loss": {"type": "mean_squared_error", "target": "y"},
            "optimizer": {"type": "sgd", "learning_rate": 0.001},
            "epochs": 1,
            "batch_size": 3,
        },
    }
    random = np.random.default_rng(0)
    data = {name: random.uniform(0, 9, (3, *shape)).astype(dtypes[name]) for name, shape in INPUTS.items()}

    weights = declnet.train(spec, data={**data, "y": np.zeros((3, 1), "float32")}).weights

    for name, (_, axes) in units.items():
        for weight, along in axes.items():
            norms = np.sqrt(np.square(weights[f"{name}/{weight}"].astype("float64")).sum(along))
            np.testing.assert_allclose(norms, np.ones_like(norms), rtol=1e-5, err_msg=f"{name}/{weight}")


def test_every_constraint_is_held_to():
    """The table above misses no layer."""
    offering = {name for name, layer in LAYERS.items() if any(key.endswith("_constraint") for key in layer.properties)}

    assert {"tied_dense", "conv_lstm"} == offering - set(UNITS)


@pytest.mark.parametrize(("groups", "mistakes"), [(1, 0), (2, 1)])
def test_norms_in_groups_of_a_transposed_convolution(groups, mistakes):
    """No axes of its kernel hold one filter alone: they are to be given."""
    layer = {"type": "conv_transpose", "filters": 4, "kernel": 3, "groups": groups, "kernel_constraint": "max_norm"}
    loss = {"type": "mean_squared_error", "target": "y"}
    training = {"loss": loss, "optimizer": "sgd", "epochs": 1, "batch_size": 3}
    _, found = declnet.check({"inputs": {"x": {"shape": [4, 6, 6]}}, "layers": [layer], "training": training})

    assert mistakes == len(found)
    assert all("lie along no axes" in each.message and "/layers/0/kernel_constraint" == each.pointer for each in found)


def penalties(layer, shape):
    """The loss of a model whose only loss is that of its penalties."""
    spec = {
        "inputs": {"x": {"shape": shape}},
        "layers": [{"name": "layer", **layer}],
        "training": {
            "loss": {"type": "mean_squared_error", "target": "y", "weight": 1e-12},
            "optimizer": {"type": "sgd", "learning_rate": 1e-9},
            "epochs": 1,
            "batch_size": 2,
        },
    }
    run = declnet.train(spec, data={"x": np.zeros((2, *shape), "float32"), "y": np.zeros((2, *shape), "float32")})
    return run.history[0]["loss"]


@pytest.mark.parametrize(
    ("layer", "shape", "penalty"),
    [
        ({"type": "dense", "units": 4, "bias_initializer": "ones", "bias_regularizer": "l1"}, [4], 4),
        ({"type": "batch_norm", "scale_regularizer": "l2"}, [3], 3),
        ({"type": "batch_norm", "bias_initializer": "ones", "bias_regularizer": "l1"}, [3], 3),
        ({"type": "layer_norm", "scale_initializer": "zeros", "scale_regularizer": "l1"}, [3], 0),
        ({"type": "group_norm", "groups": 1, "scale_regularizer": "l1"}, [3, 2], 3),
        (
            {"type": "gru", "units": 2, "returns": "all", "bias_initializer": "ones", "bias_regularizer": "l1"},
            [5, 2],
            12,
        ),
    ],
)
def test_penalties(layer, shape, penalty):
    """Sums over the first values of biases and scales, at a rate of 0.01."""
    assert 0.01 * penalty == pytest.approx(penalties(layer, shape), rel=1e-5)
