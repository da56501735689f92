"""What becomes of the values of a loss: the mean over rows and positions, masked, weighted, with penalties."""

import numpy as np
import pytest

import declnet
from declnet import DataError, SpecError
from declnet.lowering import lower

RANDOM = np.random.default_rng(0)
ROWS = 6
X = RANDOM.normal(size=(ROWS, 3)).astype(np.float32)
TOKENS = np.array([[3, 1, 2, 0], [1, 0, 0, 0], [2, 3, 0, 0], [1, 2, 3, 1], [3, 0, 0, 0], [1, 1, 0, 0]])
WEIGHT = np.array([1, 2, 0, 0.5, 1, 3], np.float32)


def evaluated(layers, loss, data, inputs=None):
    """The loss before the first step and the prediction, on all rows."""
    spec = {
        "name": "small",
        "inputs": inputs or {"x": {"shape": [3]}},
        "layers": layers,
        "training": {
            "loss": loss,
            "optimizer": {"type": "sgd", "learning_rate": 1e-30},
            "epochs": 1,
            "batch_size": ROWS,
        },
    }
    run = declnet.train(spec, data={"train": data})
    predicted = run.predict({name: data[name] for name in spec["inputs"]})["output"]
    return run.history[-1]["loss"], np.float64(predicted)


def test_sample_weight_is_a_column():
    """A column that no input and no layer is called after holds one weight for each row."""
    data = {"x": X, "y": X[:, :2], "importance": WEIGHT}
    loss = {"type": "mean_squared_error", "target": "y", "sample_weight": "importance"}

    found, predicted = evaluated([{"type": "dense", "units": 2}], loss, data)

    assert found == pytest.approx(np.average(((predicted - X[:, :2]) ** 2).mean(1), weights=WEIGHT), rel=1e-5)


def test_mask_is_a_column():
    """It holds a truth value for each value of the loss."""
    mask = RANDOM.integers(0, 2, (ROWS, 2))
    data = {"x": X, "y": X[:, :2], "known": mask}
    loss = {"type": "mean_absolute_error", "target": "y", "mask": "known"}

    found, predicted = evaluated([{"type": "dense", "units": 2}], loss, data)

    assert found == pytest.approx(np.abs(predicted - X[:, :2])[mask > 0].mean(), rel=1e-5)


def test_mask_is_an_input_of_the_model():
    """Tokens, of which 0 is padding, mask the steps of a sequence; the mask of each step holds for all its values."""
    data = {"tokens": TOKENS, "scale": np.ones((ROWS, 4, 2), np.float32), "y": RANDOM.normal(size=(ROWS, 4, 2))}
    inputs = {"tokens": {"shape": [4], "dtype": "int64"}, "scale": {"shape": [4, 2]}}
    loss = {"type": "mean_squared_error", "target": "y", "mask": "tokens"}

    found, predicted = evaluated([{"type": "dense", "units": 2, "inputs": "scale"}], loss, data, inputs)

    assert found == pytest.approx(((predicted - data["y"]) ** 2)[TOKENS > 0].mean(), rel=1e-5)


def test_a_layer_weighs_the_rows():
    """What the model computes may weigh its loss."""
    layers = [
        {"type": "dense", "units": 2, "name": "out"},
        {"type": "reshape", "shape": [3], "inputs": "x", "name": "again"},
    ]
    data = {"x": np.abs(X), "y": X}
    loss = {"type": "mean_squared_error", "from": "again", "target": "y", "sample_weight": "again"}

    found, _ = evaluated(layers, loss, data)

    assert found == pytest.approx(np.average((np.abs(X) - X) ** 2, weights=np.abs(X)), rel=1e-5)


@pytest.mark.parametrize(
    "key, name, facts",
    [
        ("mask", "x", ["/training/loss/mask", "float32 (N, 3)", "the first axes of (N, 2)"]),
        ("sample_weight", "y", ["/training/loss/sample_weight", "column 'y'", "float32 (N,)"]),
    ],
)
def test_weights_that_do_not_fit(key, name, facts):
    """The mistake is at the key, with the shape that is there and those that would do."""
    loss = {"type": "mean_squared_error", "target": "y", key: name}

    with pytest.raises(SpecError) as refusal:
        evaluated([{"type": "dense", "units": 2}], loss, {"x": X, "y": X[:, :2]})

    (mistake,) = refusal.value.diagnostics
    text = f"{mistake.pointer} {mistake}"
    assert [] == [fact for fact in facts if fact not in text]


def test_negative_sample_weights_are_refused():
    data = {"x": X, "y": X[:, :2], "importance": WEIGHT - 1}
    loss = {"type": "mean_squared_error", "target": "y", "sample_weight": "importance"}

    with pytest.raises(DataError, match=r"(?s)'importance' holds a value that does not fit.*-1.0 in row 2.*from 0 on"):
        evaluated([{"type": "dense", "units": 2}], loss, data)


def test_a_weight_that_the_data_lack():
    """A name that is no layer, no input and no column is a missing column."""
    loss = {"type": "mean_squared_error", "target": "y", "sample_weight": "importanc"}

    with pytest.raises(DataError, match="importance"):
        evaluated([{"type": "dense", "units": 2}], loss, {"x": X, "y": X[:, :2], "importance": WEIGHT})


def test_activity_regularization_adds_to_the_loss():
    """The penalty of the activities is divided by the number of rows, as in Keras."""
    layers = [
        {"type": "dense", "units": 2},
        {"type": "activity_regularization", "regularizer": {"type": "l1", "rate": 0.5}},
    ]
    loss = {"type": "mean_squared_error", "target": "y"}

    found, predicted = evaluated(layers, loss, {"x": X, "y": X[:, :2]})

    expected = ((predicted - X[:, :2]) ** 2).mean() + 0.5 * np.abs(predicted).sum() / ROWS
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_loss_without_a_target():
    """Three embeddings of each row need no truth beside them."""
    layers = [{"type": "dense", "units": 4, "inputs": "x"}]
    data = {"x": RANDOM.normal(size=(ROWS, 3, 5)).astype(np.float32)}

    found, predicted = evaluated(layers, {"type": "triplet_margin"}, data, {"x": {"shape": [3, 5]}})

    near, far = (np.sqrt(((predicted[:, 0] - predicted[:, k]) ** 2).sum(1)) for k in (1, 2))
    assert found == pytest.approx(np.maximum(0, 1 + near - far).mean(), rel=1e-5)


def test_a_penalty_belongs_to_the_objective_that_trains_its_layer():
    """The other objective does not pay for it."""
    sgd = {"type": "sgd", "learning_rate": 0.1}
    losses = [{"type": "mean_squared_error", "from": name, "target": name.upper()} for name in ("a", "b")]
    spec = {
        "name": "two",
        "inputs": {"x": {"shape": [3]}},
        "layers": [
            {"type": "dense", "units": 2, "name": "a"},
            {"type": "activity_regularization", "name": "quiet", "regularizer": "l1"},
            {"type": "dense", "units": 2, "name": "b"},
        ],
        "training": {
            "objectives": [
                {"name": "first", "layers": ["a", "quiet"], "optimizer": sgd, "loss": losses[0]},
                {"name": "second", "layers": ["b"], "optimizer": sgd, "loss": losses[1]},
            ],
            "epochs": 1,
            "batch_size": 2,
        },
    }

    lowered = lower(declnet.load(spec), training=True)

    made_by = {name: value.producer().op_type for name, value in lowered.objectives.items()}
    assert {"first": "Sum", "second": "ReduceMean"} == made_by


def test_a_regularizer_that_does_not_fit():
    """It is told where the layer that has the weight chooses it."""
    layers = [{"type": "dense", "units": 2}, {"type": "prelu", "slope_regularizer": "orthogonal"}]
    loss = {"type": "mean_squared_error", "target": "y"}

    with pytest.raises(SpecError, match=r"regularizer of weight .*two axes") as refusal:
        evaluated(layers, loss, {"x": X, "y": X[:, :2]})

    assert "/layers/1/slope_regularizer" == refusal.value.diagnostics[0].pointer
