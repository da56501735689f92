"""References to results that a layer does not have."""

import pytest

import declnet

LSTM = {"type": "lstm", "units": 4, "name": "reader"}


def spec(layers=(), loss=None, **more):
    training = {"optimizer": "sgd", "epochs": 1, "batch_size": 2, **more.pop("training", {})}
    training["loss"] = {"type": "mean_squared_error", "target": "y", **(loss or {})}
    return {"inputs": {"x": {"shape": [5, 3]}}, "layers": [LSTM, *layers], "training": training, **more}


MISTAKES = {
    "layer": (spec([{"type": "add", "inputs": ["reader", "reader.sate"]}]), "/layers/1/inputs/1"),
    "output": (spec(outputs={"y": "reader", "memory": {"from": "reader.sate"}}), "/outputs/memory/from"),
    "loss and the metrics that follow it": (
        spec(loss={"from": "reader.sate"}, training={"metrics": ["mean_absolute_error"]}),
        "/training/loss/from",
    ),
    "metric": (
        spec(training={"metrics": [{"type": "mean_absolute_error", "from": "reader.sate"}]}),
        "/training/metrics/0/from",
    ),
}


@pytest.mark.parametrize(("wrong", "pointer"), MISTAKES.values(), ids=MISTAKES)
def test_unknown_results(wrong, pointer):
    """Told once, where it stands, with the results that there are."""
    _, diagnostics = declnet.check(wrong)

    (error,) = [each for each in diagnostics if each.severity == "error"]
    assert ("DN1301", pointer) == (error.code, error.pointer)
    assert "'reader' has no result 'sate'; did you mean 'state'?" == error.message
    assert "'reader', 'reader.output', 'reader.state', 'reader.cell'" == error.allowed


def test_inputs_have_no_results():
    """An input of the model is one value."""
    _, diagnostics = declnet.check(spec([{"type": "add", "inputs": ["reader", "x.state"]}]))

    (error,) = [each for each in diagnostics if each.severity == "error"]
    assert ("'x' has no result 'state'", "'x'") == (error.message, error.allowed)


def test_outputs_have_rows():
    """A value without the batch, such as the table of an embedding, is no output."""
    layers = [{"type": "embedding", "vocabulary": 9, "units": 4, "name": "words"}]
    given = {"inputs": {"x": {"shape": [5], "dtype": "int64"}}, "layers": layers}

    _, (error,) = declnet.check({**given, "outputs": {"y": "words", "table": "words.table"}})

    assert ("DN1401", "/outputs/table") == (error.code, error.pointer)
    assert "'words.table' gives float32 (9, 4)" == error.found
