"""Evaluation and prediction against float64 numpy, and what is refused."""

import numpy as np
import pytest

import declnet
from declnet.evaluation import ROWS, Evaluator
from declnet.program import Program
from declnet.runtime import open_runtime

SPEC = {
    "name": "line",
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "dense", "units": 2, "name": "out"}],
    "outputs": {"y": "out"},
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "epochs": 1,
        "batch_size": 4,
        "metrics": ["mean_absolute_error", {"type": "mean_squared_error", "name": "mse"}],
    },
}
ROWS_OF_DATA = 2 * ROWS + 7  # more than two batches, the last one small


def setting():
    random = np.random.default_rng(0)
    weights = {"out/kernel": random.random((3, 2), "float32"), "out/bias": random.random(2, "float32")}
    columns = {"x": random.random((ROWS_OF_DATA, 3), "float32"), "y": random.random((ROWS_OF_DATA, 2), "float32")}
    return declnet.load(SPEC), weights, columns


def reference(weights, columns):
    predicted = columns["x"].astype("float64") @ weights["out/kernel"] + weights["out/bias"]
    return predicted, predicted - columns["y"]


def test_loss_and_metrics_are_means_over_all_rows():
    """Also where the last batch is smaller than the others."""
    spec, weights, columns = setting()
    values = Evaluator(Program(spec), open_runtime()).evaluate(weights, columns)
    _, error = reference(weights, columns)

    assert (error**2).mean() == pytest.approx(values["loss"], rel=1e-6)
    assert np.abs(error).mean() == pytest.approx(values["mean_absolute_error"], rel=1e-6)
    assert (error**2).mean() == pytest.approx(values["mse"], rel=1e-6)


def test_each_loss_of_a_list_is_told():
    """Beside their weighted sum; a weight of 0 only measures."""
    losses = [
        {"type": "mean_squared_error", "target": "y", "weight": 0.5, "name": "squares"},
        {"type": "mean_absolute_error", "target": "y", "weight": 0},
    ]
    _, weights, columns = setting()
    spec = declnet.load({**SPEC, "training": {**SPEC["training"], "loss": losses, "metrics": []}})
    values = Evaluator(Program(spec), open_runtime()).evaluate(weights, columns)
    _, error = reference(weights, columns)

    expected = {"loss": (error**2).mean() / 2, "loss/squares": (error**2).mean()}
    assert expected | {"loss/mean_absolute_error_2": np.abs(error).mean()} == pytest.approx(values, rel=1e-6)


def test_predictions_come_in_the_order_of_the_rows():
    """An output may be called like the target."""
    spec, weights, columns = setting()
    found = Evaluator(Program(spec), open_runtime()).predict(weights, {"x": columns["x"]})

    assert ["y"] == list(found)
    assert np.allclose(reference(weights, columns)[0], found["y"], rtol=1e-5)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({}, "no columns"),
        ({"z": np.zeros((4, 3), "f")}, "'x' is missing"),
        ({"x": np.zeros((4, 5), "f")}, "wrong shape"),
        ({"x": np.zeros((0, 3), "f")}, "no rows"),
        ({"x": np.full((4, 3), np.nan)}, "does not fit"),
    ],
)
def test_features_that_do_not_fit_are_refused(columns, says):
    spec, weights, _ = setting()

    with pytest.raises(declnet.DataError) as error:
        Evaluator(Program(spec), open_runtime()).predict(weights, columns)
    assert says in str(error.value)


def test_a_metric_may_read_another_layer_and_target():
    """``from`` and ``target`` of a metric default to those of the first loss."""
    layers = [{"type": "dense", "units": 2, "name": "out"}, {"type": "dense", "units": 2, "name": "twice"}]
    metrics = [{"type": "mean_absolute_error", "from": "out"}]
    spec = declnet.load({**SPEC, "layers": layers, "training": {**SPEC["training"], "metrics": metrics}})
    _, weights, columns = setting()
    more = {"twice/kernel": np.eye(2, dtype="f"), "twice/bias": np.ones(2, "f")}
    values = Evaluator(Program(spec), open_runtime()).evaluate({**weights, **more}, columns)
    _, error = reference(weights, columns)

    assert np.abs(error).mean() == pytest.approx(values["mean_absolute_error"], rel=1e-6)
    assert ((error + 1) ** 2).mean() == pytest.approx(values["loss"], rel=1e-6)


def test_a_metric_of_an_undeclared_target_is_a_mistake_of_the_spec():
    metrics = [{"type": "mean_absolute_error", "target": "z"}]
    _, found = declnet.check({**SPEC, "training": {**SPEC["training"], "metrics": metrics}})

    (mistake,) = found
    assert "reads target 'z', which no loss declares" in str(mistake)
