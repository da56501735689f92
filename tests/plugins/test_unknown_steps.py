"""Sequences whose number of steps the spec leaves open: trained, exported and served as those of a known number."""

import numpy as np
import pytest

import declnet
from declnet.evaluation import Evaluator
from declnet.program import Program
from declnet.runtime import open_runtime

LENGTHS, MASK = np.array([2, 5, 1, 3]), {"inputs": ["vectors", "mask"]}
# Layers between an embedding of 8 numbers and a dense layer.
LAYERS = {
    "attention": {"type": "attention", "causal": True},
    "attention with a mask": {"type": "attention", **MASK},
    "additive attention": {"type": "additive_attention", "units": 4, **MASK},
    "attention with lengths": {"type": "multi_head_attention", "heads": 2, "inputs": ["vectors", "lengths"]},
    "rotary attention": {"type": "multi_head_attention", "heads": 4, "kv_heads": 2, "rotary": True, "causal": True},
    "encoder": {"type": "transformer_encoder", "heads": 2, "units": 4, "causal": True, **MASK},
    "decoder": {"type": "transformer_decoder", "heads": 2, "units": 4, "inputs": ["vectors", "vectors", "mask"]},
    "sines": {"type": "sinusoidal_encoding"},
    "learnt positions": {"type": "position_embedding", "maximum": 7},
    "lstm": {"type": "lstm", "units": 4, "returns": "all", "direction": "bidirectional", **MASK},
    "gru with lengths": {"type": "gru", "units": 4, "returns": "all", "layers": 2, "inputs": ["vectors", "lengths"]},
}


def spec(steps, layer):
    """A model of words and the mask or lengths that its layer takes: a number for each step."""
    integers = {"words": [steps], "mask": [steps], "lengths": []}
    read = {"words", *layer.get("inputs", [])}
    return {
        "inputs": {name: {"shape": shape, "dtype": "int64"} for name, shape in integers.items() if name in read},
        "layers": [
            {"type": "embedding", "name": "vectors", "vocabulary": 9, "units": 8, "inputs": "words"},
            layer,
            {"type": "dense", "units": 1, "name": "numbers"},
        ],
        "outputs": {"numbers": "numbers"},
        "training": {
            "loss": {"type": "mean_squared_error", "target": "truth"},
            "optimizer": {"type": "sgd", "learning_rate": 0.1},
            "epochs": 1,
            "batch_size": 2,
        },
    }


def rows(steps):
    random = np.random.default_rng(0)
    mask = (np.arange(steps) < LENGTHS[:, None]).astype("int64")
    words = random.integers(0, 9, (4, steps))
    return {"words": words, "mask": mask, "lengths": LENGTHS, "truth": random.normal(size=(4, steps, 1))}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_as_a_known_number(layer, tmp_path):
    """The same weights after training, and from them, for another number of steps, the same outputs in each way."""
    known = declnet.train(spec(5, layer), data=rows(5))
    run = declnet.train(spec("steps", layer), data=rows(5))
    run.export(tmp_path / "model.onnx")
    exported = declnet.open_run(tmp_path / "model.onnx")

    for name, expected in known.weights.items():
        np.testing.assert_allclose(expected, run.weights[name], rtol=1e-4, atol=1e-5, err_msg=name)
    features = {name: rows(7)[name] for name in run.spec.inputs}
    expected = Evaluator(Program(declnet.load(spec(7, layer))), open_runtime()).predict(run.weights, features)[
        "numbers"
    ]
    np.testing.assert_allclose(expected, run.predict(features)["numbers"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(expected, exported.predict(features)["numbers"], rtol=1e-4, atol=1e-5)


def test_a_length_beyond_the_sequence():
    """It counts as the whole sequence, where its bound is not known before."""
    run = declnet.train(spec("steps", LAYERS["gru with lengths"]), data=rows(5))
    words = rows(5)["words"]

    whole, beyond = (run.predict({"words": words, "lengths": np.full(4, n)})["numbers"] for n in (5, 9))

    np.testing.assert_array_equal(whole, beyond)


MISTAKES = {
    "learnt positions": ({"type": "position_embedding"}, "give maximum"),
    "a slope for each step": ({"type": "prelu"}, "share one slope"),
    "statistics of each step": ({"type": "standardize"}, ""),
}


@pytest.mark.parametrize(("layer", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_refusals(layer, hint):
    """A layer whose weights depend on the number of steps says so."""
    _, (found, *_) = declnet.check(spec("steps", layer))

    assert "/layers/1" == found.pointer
    assert "known" in found.message
    assert hint in (found.hint or "")


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_target_of_other_steps(layer):
    """What a layer gives has the steps of its input, and so must the target."""
    with pytest.raises(declnet.DataError) as caught:
        declnet.train(spec("steps", layer), data={**rows(5), "truth": np.zeros((4, 4, 1))})

    (error,) = caught.value.diagnostics
    assert "training data: column 'truth': the axis 'steps' has the wrong size" == error.message
    assert ("4", "5, as in column 'words'") == (error.found, error.allowed)


def test_more_steps_than_learnt_positions():
    """They are refused when the data are loaded."""
    run = declnet.train(spec("steps", LAYERS["learnt positions"]), data=rows(5))

    with pytest.raises(declnet.DataError) as caught:
        run.predict({"words": rows(8)["words"]})

    (error,) = caught.value.diagnostics
    assert ("8", "at most 7") == (error.found, error.allowed)


@pytest.mark.parametrize("name", ["N", "2", "two words", ""])
def test_names_of_sizes(name):
    """N is the batch; a name is a word."""
    _, found = declnet.check(spec(name, LAYERS["sines"]))

    assert "/inputs/words/shape/0" == found[0].pointer
