"""From a spec to a graph: wiring, names, sharing, and everything that does not fit, at once."""

import numpy as np
import pytest

import declnet
from declnet import lowering
from declnet.graph import Graph, dims
from declnet.lowering import Net
from declnet.spec import parse


def spec_of(layers, inputs=None, **more):
    return parse({"name": "net", "inputs": inputs or {"x": {"shape": [4]}}, "layers": layers, **more})


def lowered(layers, inputs=None, **more):
    spec = spec_of(layers, inputs, **more)
    assert [] == [str(error) for error in spec.errors]
    return lowering.lower(spec, training="training" in more)


TRAINING = {
    "loss": {"type": "mean_squared_error", "target": "y"},
    "optimizer": {"type": "sgd", "learning_rate": 0.1},
    "epochs": 1,
    "batch_size": 4,
}


def test_layers_follow_one_another():
    """A layer takes the one before it; weights are named after their layer."""
    result = lowered([{"type": "dense", "units": 3}, {"type": "dense", "units": 2, "name": "out"}])

    assert ("N", 2) == dims(result.results["out"])
    assert ["dense_1/kernel", "dense_1/bias", "out/kernel", "out/bias"] == list(result.tensors.parameters)


def test_branches_join():
    """``inputs`` names what a layer takes; the batch stays symbolic."""
    result = lowered(
        [
            {"type": "dense", "units": 3, "name": "a"},
            {"type": "dense", "units": 3, "name": "b", "inputs": "x"},
            {"type": "add", "inputs": ["a", "b"], "name": "sum"},
        ]
    )

    assert ("N", 3) == dims(result.results["sum"])


def test_shared_layers_have_one_set_of_weights():
    """``share`` uses the weights of another layer again."""
    inputs = {"left": {"shape": [4]}, "right": {"shape": [4]}}
    result = lowered(
        [
            {"type": "dense", "units": 3, "name": "tower", "inputs": "left"},
            {"share": "tower", "inputs": "right", "name": "twin"},
            {"type": "concat", "inputs": ["tower", "twin"]},
        ],
        inputs,
    )

    assert ["tower/kernel", "tower/bias"] == list(result.tensors.parameters)


def test_sharing_with_another_width_is_refused():
    """Weights of one shape cannot serve an input of another width."""
    inputs = {"left": {"shape": [4]}, "right": {"shape": [5]}}
    result = lowered(
        [
            {"type": "dense", "units": 3, "name": "tower", "inputs": "left"},
            {"share": "tower", "inputs": "right", "name": "twin"},
            {"type": "concat", "inputs": ["tower", "twin"]},
        ],
        inputs,
    )

    (mistake,) = result.diagnostics
    assert "'tower/kernel' has shape (4, 3), but (5, 3) is needed here" in str(mistake)
    assert "/layers/1" == mistake.pointer


def test_frozen_layers_are_not_trained():
    result = lowered([{"type": "dense", "units": 3, "freeze": True}])

    assert [False, False] == [parameter.trainable for parameter in result.tensors.parameters.values()]


def test_a_misfit_names_producer_and_consumer_with_both_shapes():
    """The message names the layers, not only the operator."""
    result = lowered(
        [
            {"type": "dense", "units": 3, "name": "narrow"},
            {"type": "dense", "units": 5, "name": "wide", "inputs": "x"},
            {"type": "add", "inputs": ["narrow", "wide"], "name": "sum"},
        ]
    )

    (mistake,) = result.diagnostics
    shown = str(mistake)
    assert "DN1401" == mistake.code or "DN1402" == mistake.code
    assert all(part in shown for part in ("'sum'", "'narrow'", "(N, 3)", "'wide'", "(N, 5)"))
    assert len(shown.splitlines()) <= 6


def test_every_misfit_is_reported_in_one_run():
    """A layer that does not fit hides only what depends on it."""
    result = lowered(
        [
            {"type": "dense", "units": 3, "name": "a"},
            {"type": "reshape", "shape": [2, 2], "name": "first", "inputs": "a"},
            {"type": "flatten", "name": "after_first"},
            {"type": "reshape", "shape": [7], "name": "second", "inputs": "a"},
        ]
    )

    assert ["/layers/1", "/layers/3"] == ["/".join(m.pointer.split("/")[:3]) for m in result.diagnostics]


def test_absurd_sizes_are_refused_before_anything_is_allocated():
    """10^9 units are a slip of the pen."""
    result = lowered([{"type": "dense", "units": 10**9}])

    (mistake,) = result.diagnostics
    assert "DN1403" == mistake.code
    assert "4,000,000,000 numbers" in str(mistake)


def test_one_target_cannot_be_two_things():
    """Two losses that read one column must agree on its type and shape."""
    training = {
        **TRAINING,
        "loss": [
            {"type": "mean_squared_error", "target": "y", "from": "out"},
            {"type": "cross_entropy", "target": "y", "from": "out"},
        ],
    }
    result = lowered([{"type": "dense", "units": 3, "name": "out"}], training=training)

    (mistake,) = result.diagnostics
    assert "column 'y' cannot be this target" in str(mistake)


def test_weights_under_a_regularizer_add_to_the_loss():
    """The loss of a penalised model is the loss plus the penalty: rate * sum(w^2)."""
    from declnet.graph import prune, to_model
    from declnet.runtime import open_runtime

    layer = {"type": "dense", "units": 2, "kernel_regularizer": {"type": "l2", "rate": 0.5}, "name": "out"}
    losses = {}
    kernel = np.arange(8, dtype="float32").reshape(4, 2) / 8
    for penalty in (layer["kernel_regularizer"], None):
        spec = spec_of([{**layer, "kernel_regularizer": penalty}], training=TRAINING)
        result = lowering.lower(spec, training=False)
        result.graph.output(result.loss, "loss")
        session = open_runtime().session(to_model(prune(result.graph)))
        feed = {
            "x": np.ones((3, 4), "f"),
            "y": np.zeros((3, 2), "f"),
            "out/kernel": kernel,
            "out/bias": np.zeros(2, "f"),
        }
        losses[penalty is None] = float(session.run(feed)["loss"].reshape(()))

    assert 0.5 * float((kernel.astype("float64") ** 2).sum()) == pytest.approx(losses[False] - losses[True], rel=1e-6)


def test_outputs_as_classes_need_as_many_labels():
    spec = spec_of(
        [{"type": "dense", "units": 3, "name": "out"}],
        outputs={"kind": {"from": "out", "as": "class", "labels": ["a", "b"]}},
    )

    with pytest.raises(declnet.SpecError, match="3 labels"):
        lowering.add_outputs(lowering.lower(spec, training=False))


def test_bounds_of_indices_reach_the_inputs():
    """A layer that looks up its input bounds the column, also behind layers that only move elements."""
    tokens = {"left": {"shape": [2], "dtype": "int64"}, "right": {"shape": [3], "dtype": "int64"}}
    result = lowered(
        [
            {"type": "concat", "inputs": ["left", "right"], "name": "both"},
            {"type": "embedding", "vocabulary": 9, "units": 2},
            {"type": "one_hot", "classes": 5, "inputs": "left"},
        ],
        tokens,
    )

    assert {"left": 5, "right": 9} == {name: column.below for name, column in result.tensors.features.items()}


def test_a_shared_layer_draws_anew_in_each_use():
    """Two uses of one dropout layer drop different values; the same spec drops the same ones again."""
    from declnet.graph import prune, prune_inputs, to_model
    from declnet.runtime import open_runtime

    inputs = {"left": {"shape": [50]}, "right": {"shape": [50]}}
    layers = [
        {"type": "dropout", "rate": 0.5, "name": "first", "inputs": "left"},
        {"share": "first", "name": "second", "inputs": "right"},
    ]
    found = []
    for _ in range(2):
        result = lowering.lower(spec_of(layers, inputs, outputs={"a": "first", "b": "second"}), training=True)
        for name in ("first", "second"):
            result.graph.output(result.results[name], name)
        model = to_model(prune_inputs(prune(result.graph)))
        session = open_runtime().session(model)
        ones = np.ones((4, 50), "f")
        feed = {"left": ones, "right": ones, "seed": np.array(1), "step": np.array(2)}
        found.append(session.run(feed))

    assert not np.array_equal(found[0]["first"], found[0]["second"])
    assert np.array_equal(found[0]["second"], found[1]["second"])


@pytest.mark.parametrize(
    ("shape", "wanted", "expected"),
    [
        ((2, 3), (2, 3), True),
        (("N", 3), (2, 3), True),
        ((None, 3), ("N", 3), True),
        ((None, 3), ("N", 4), False),
        ((2, 3), (2,), False),
        ((), (), True),
        (None, (2,), True),
    ],
)
def test_shapes_that_may_be_equal(shape, wanted, expected):
    """What is not known before the model runs fits anything, in the shape of a value too."""
    value = Graph().input("x", "float32", None if shape is None else list(shape))

    assert [expected] * 3 == [Net.fits(shape, wanted), Net.fits(wanted, shape), Net.fits(value.shape, wanted)]
