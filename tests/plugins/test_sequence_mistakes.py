"""What goes wrong with sequences is said before anything is computed: by the check, or when the data are read."""

import numpy as np
import pytest

import declnet

WORDS = {"words": {"shape": [6], "dtype": "int64"}}
EMBEDDING = {"type": "embedding", "vocabulary": 10, "units": 8, "inputs": "words", "name": "vectors"}
MEAN = {"type": "reduce", "operation": "mean", "axes": [1]}
CLASSES = {"type": "dense", "units": 3}
COUNTED = ["vectors", "counts"]


def spec(*layers, counts=None, words=WORDS, **loss):
    """A classifier of words; *counts* is the shape of a second input of integers."""
    inputs = words if counts is None else {**words, "counts": {"shape": counts, "dtype": "int64"}}
    loss = {"type": "cross_entropy", "target": "class", **loss}
    training = {"loss": loss, "optimizer": "sgd", "epochs": 1, "batch_size": 4}
    return {"inputs": inputs, "layers": [EMBEDDING, *layers], "training": training}


MISTAKES = {
    "heads do not divide the width": (
        spec({"type": "multi_head_attention", "heads": 3}, MEAN, CLASSES),
        "/layers/1/heads",
        "a divisor of 8: 1, 2, 4, 8",
    ),
    "heads do not divide the width in a block": (
        spec({"type": "transformer_encoder", "heads": 5, "units": 4}, MEAN, CLASSES),
        "/layers/1/heads",
        "a divisor of 8: 1, 2, 4, 8",
    ),
    "mask of other steps, attention": (
        spec({"type": "multi_head_attention", "heads": 2, "inputs": COUNTED}, MEAN, CLASSES, counts=[5]),
        "/layers/1/inputs",
        "integers (N,), the lengths, or (N, 6) or (N, 6, 6), 1 for what counts",
    ),
    "mask of other steps, recurrent": (
        spec({"type": "gru", "units": 4, "inputs": COUNTED}, CLASSES, counts=[5]),
        "/layers/1",
        "integers (N,), the lengths, or (N, 6), 1 for each step that counts and then 0",
    ),
    "mask of other steps, loss": (
        spec(CLASSES, {"type": "permute", "axes": [2, 1]}, counts=[5], mask="counts"),
        "/training/loss/mask",
        "the first axes of (N, 6)",
    ),
    "no steps": (
        spec(MEAN, CLASSES, words={"words": {"shape": [0], "dtype": "int64"}}),
        "/inputs/words/shape/0",
        "an integer, at least 1",
    ),
}


@pytest.mark.parametrize(("given", "pointer", "allowed"), MISTAKES.values(), ids=MISTAKES)
def test_check(given, pointer, allowed):
    """One mistake, one diagnostic, at its place in the spec."""
    _, diagnostics = declnet.check(given)

    assert [(pointer, allowed)] == [(found.pointer, found.allowed) for found in diagnostics]
    assert len(str(diagnostics[0]).splitlines()) <= 6


LSTM = spec({"type": "lstm", "units": 4, "inputs": COUNTED}, CLASSES, counts=[])
GRU = spec({"type": "gru", "units": 4, "inputs": COUNTED}, CLASSES, counts=[6])
ENCODER = spec({"type": "transformer_encoder", "heads": 2, "units": 4, "inputs": COUNTED}, MEAN, CLASSES, counts=[])
DATA = {
    "a sequence of length zero, recurrent": (LSTM, "counts", 0, "integers from 1 to 6"),
    "a sequence of length zero, attention": (ENCODER, "counts", 0, "integers from 1 to 6"),
    "longer than the sequence": (LSTM, "counts", 7, "integers from 1 to 6"),
    "index beyond the vocabulary": (LSTM, "words", 10, "integers from 0 to 9"),
    "negative index": (ENCODER, "words", -1, "integers from 0 to 9"),
}


@pytest.mark.parametrize(("given", "column", "value", "allowed"), DATA.values(), ids=DATA)
def test_train(given, column, value, allowed):
    """The column and the row of a value that does not fit; no step is made."""
    data = {"words": np.ones((8, 6), "int64"), "counts": np.full(8, 6), "class": np.arange(8) % 3}
    data[column][5] = value

    with pytest.raises(declnet.DataError) as caught:
        declnet.train(given, data=data)

    (error,) = caught.value.diagnostics
    assert f"training data: column {column!r} holds a value that does not fit" == error.message
    assert (f"{value} in row 5 (counted from 0)", allowed) == (error.found, error.allowed)


MASKS = {
    "a gap": [1, 0, 1, 1, 0, 0],
    "padding before the sequence": [0, 0, 1, 1, 1, 1],
    "a sequence of length zero": [0, 0, 0, 0, 0, 0],
}


def boolean(given):
    """The spec, its mask as booleans."""
    counts = {**given["inputs"]["counts"], "dtype": "bool"}
    return {**given, "inputs": {**given["inputs"], "counts": counts}}


def rows(mask):
    """Eight rows, the sixth with *mask*."""
    counts = np.ones((8, 6), "int64")
    counts[5] = mask
    return {"words": np.ones((8, 6), "int64"), "counts": counts, "class": np.arange(8) % 3}


@pytest.mark.parametrize("given", [GRU, boolean(GRU)], ids=["integers", "booleans"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_masks(given, mask):
    """A recurrent layer reads what stands before the first 0; other masks are refused, not misread."""
    with pytest.raises(declnet.DataError) as caught:
        declnet.train(given, data=rows(mask))

    (error,) = caught.value.diagnostics
    assert "training data: column 'counts' holds a mask that is not that of a sequence and its padding" == error.message
    assert (f"{mask} in row 5 (counted from 0)", "ones, then zeros, at least one 1") == (error.found, error.allowed)


def test_masks_in_another_shape():
    """What a layer only gives another shape is checked too."""
    squeezed = {"type": "squeeze", "name": "flat", "axes": [2], "inputs": "counts"}
    gru = {"type": "gru", "units": 4, "inputs": ["vectors", "flat"]}
    data = rows(MASKS["a gap"])

    with pytest.raises(declnet.DataError) as caught:
        declnet.train(spec(squeezed, gru, CLASSES, counts=[6, 1]), data={**data, "counts": data["counts"][:, :, None]})

    assert "[1, 0, 1, 1, 0, 0] in row 5 (counted from 0)" == caught.value.diagnostics[0].found


def test_masks_of_attention_may_have_gaps():
    """A query attends to what counts, wherever it stands."""
    attention = {"type": "multi_head_attention", "heads": 2, "inputs": COUNTED}

    run = declnet.train(spec(attention, MEAN, CLASSES, counts=[6]), data=rows(MASKS["a gap"]))

    assert np.isfinite(run.history[0]["loss"])


WRONG = {
    "mask with a gap": ("counts", MASKS["a gap"], "ones, then zeros, at least one 1"),
    "mask of no step": ("counts", MASKS["a sequence of length zero"], "ones, then zeros, at least one 1"),
    "mask of numbers": ("counts", [2, 1, 1, 0, 0, 0], "integers from 0 to 1"),
    "negative index": ("words", -1, "integers from 0 to 9"),
    "index beyond the vocabulary": ("words", 10, "integers from 0 to 9"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run, and the file that it was exported to."""
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    run = declnet.train({**GRU, "outputs": {"class": {"from": "dense_1", "as": "class"}}}, data=rows(1))
    run.export(path)
    return run, declnet.open_run(path)


@pytest.mark.parametrize("way", ["predict", "evaluate"])
@pytest.mark.parametrize("exported", [0, 1], ids=["run", "exported file"])
@pytest.mark.parametrize(("column", "value", "allowed"), WRONG.values(), ids=WRONG)
def test_rows_for_a_trained_model(trained, exported, way, column, value, allowed):
    """They are held against the same requirements as those that it was trained on."""
    data = rows(1)
    data[column][5] = value

    with pytest.raises(declnet.DataError) as caught:
        getattr(trained[exported], way)(data)

    (error,) = caught.value.diagnostics
    assert f"data to {way}: column {column!r}" in error.message
    assert "in row 5 (counted from 0)" in error.found
    assert allowed == error.allowed
