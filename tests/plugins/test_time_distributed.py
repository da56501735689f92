"""A layer for each step of a sequence."""

import numpy as np
import pytest
from declnet_shape.time_distributed import time_distributed

import declnet
from declnet import DeclnetError, SpecError
from declnet.testing import check_layer, run_layer

CONV = {"type": "conv", "filters": 4, "kernel": 1, "bias": False}


def spec(inner, **keys):
    return {
        "name": "film",
        "inputs": {"frames": {"shape": [3, 2, 4, 5]}},
        "layers": [{"type": "time_distributed", "layer": inner, "name": "each", **keys}],
    }


def test_each_step_alone():
    """Every step is mapped, with the same weights."""
    random = np.random.default_rng(0)
    x, kernel = (random.normal(size=size).astype("float32") for size in ((2, 3, 2, 4, 5), (4, 2, 1, 1)))

    [y], _ = run_layer(time_distributed, {"layer": CONV}, [x], weights={"conv/kernel": kernel})

    np.testing.assert_allclose(np.einsum("ntchw,fc->ntfhw", x, kernel[:, :, 0, 0]), y, atol=1e-5)


@pytest.mark.parametrize(
    ("inner", "shape", "output"),
    [
        ({"type": "dense", "units": 4}, ("N", 2, 3), ("N", 2, 4)),
        ({"type": "conv", "filters": 2, "kernel": 2}, ("N", 2, 1, 3, 3), ("N", 2, 2, 2, 2)),
        ({"type": "global_avg_pool"}, ("N", 2, 3, 4), ("N", 2, 3)),
        ({"type": "batch_norm"}, ("N", 2, 3), ("N", 2, 3)),
        ({"type": "dropout", "rate": 0.3}, ("N", 2, 3), ("N", 2, 3)),
    ],
)
def test_shapes_and_gradients(inner, shape, output):
    """The batch stays symbolic while steps are counted as samples."""
    check_layer(time_distributed, {"layer": inner}, inputs=[shape], output=output)


def test_in_a_spec():
    """The inner layer is checked and completed as any other; its weights bear both names."""
    loaded = declnet.load(spec({"type": "conv", "filters": 4, "kernel": 2, "activation": "relu"}))

    assert ["each/conv/kernel", "each/conv/bias"] == list(declnet.Program(loaded).initial_weights())


def test_mistakes_of_the_inner_layer():
    """They are shown where they stand."""
    with pytest.raises(SpecError, match="/layers/0/layer/filter"):
        declnet.load(spec({"type": "conv", "filter": 4, "kernel": 2}))
    with pytest.raises(SpecError, match="/layers/0/layer/groups"):
        declnet.load(spec({"type": "conv", "filters": 4, "kernel": 2, "groups": 3}))


@pytest.mark.parametrize(
    ("inner", "shape", "message"),
    [
        ({**CONV, "name": "inner"}, (1, 3, 2, 4), "'name' belongs beside"),
        ({"share": "other"}, (1, 3, 2, 4), "'share' belongs beside"),
        (CONV, (1, 3), r"needs steps[\s\S]*\(N, steps, features\)"),
        (CONV, (1, 3, 4), "one to three spatial axes"),
    ],
)
def test_misfits_are_refused(inner, shape, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(time_distributed, {"layer": inner}, [np.zeros(shape, "float32")])
