"""tied_dense: one table that is read by an embedding, and transposed to score its indices."""

import numpy as np
import onnxruntime
import pytest

import declnet
from declnet import layer
from declnet.program import Program
from declnet.testing import check_layer, run_layer
from declnet.training.transfer import transfer

RANDOM = np.random.default_rng(0)
WORDS = RANDOM.integers(0, 9, (16, 5))
DATA = {"words": WORDS, "next": np.roll(WORDS, -1, axis=1)}
EMBEDDING = {"type": "embedding", "vocabulary": 9, "units": 4, "name": "vectors", "embedding_initializer": "normal"}
HIDDEN = {"type": "dense", "units": 4, "activation": "tanh", "name": "hidden"}
TIED = {"type": "tied_dense", "inputs": ["hidden", "vectors.table"], "bias": True, "name": "scores"}
LAYERS = [EMBEDDING, HIDDEN, TIED, {"type": "permute", "axes": [2, 1]}]


def spec(layers=LAYERS, **training):
    training = {
        "loss": {"type": "cross_entropy", "target": "next"},
        "optimizer": {"type": "sgd", "learning_rate": 0.5},
        "epochs": 1,
        "batch_size": 16,
        **training,
    }
    return {"inputs": {"words": {"shape": [5], "dtype": "int64"}}, "layers": layers, "training": training}


@layer({"properties": {"bias": {"type": "boolean", "default": True, "description": "That of tied_dense."}}})
def scored(net, x, *, bias):
    """The scores of all words by the vectors of some."""
    words = net.layer("embedding", x, vocabulary=7, units=4)
    return net.layer("tied_dense", words["output"], words["table"], bias=bias, activation="tanh")


def test_scores():
    """Each vector by the table transposed, and a bias."""
    words = np.array([[0, 3, 6], [6, 6, 1]])
    table, bias = RANDOM.normal(size=(7, 4)).astype("float32"), RANDOM.normal(size=7).astype("float32")

    [y], _ = run_layer(scored, {}, [words], weights={"embedding/embedding": table, "tied_dense/bias": bias})

    np.testing.assert_allclose(np.tanh(table[words] @ table.T + bias), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bias", [False, True])
def test_shapes_and_gradients(bias):
    """The gradient of the table is that of both uses."""
    check_layer(scored, {"bias": bias}, inputs=[("int64", "N", 3)], output=("N", 3, 7))


def test_a_step_is_that_of_one_table(torch):
    """The gradients of both uses add up: one step of descent is PyTorch's on the same weights."""
    loaded = declnet.load(spec())
    first = Program(loaded).initial_weights()
    t = {name: torch.tensor(value, requires_grad=True) for name, value in first.items()}
    words, table = torch.tensor(WORDS), t["vectors/embedding"]
    hidden = (table[words] @ t["hidden/kernel"] + t["hidden/bias"]).tanh()
    logits = hidden @ table.T + t["scores/bias"]
    torch.nn.functional.cross_entropy(logits.permute(0, 2, 1), torch.tensor(DATA["next"])).backward()

    run = declnet.train(loaded, data={"train": DATA})

    assert set(t) == set(run.weights)
    for name, tensor in t.items():
        wanted = (tensor - 0.5 * tensor.grad).detach().numpy()
        np.testing.assert_allclose(wanted, run.weights[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_weights_count_once():
    """The table belongs to the embedding; tied_dense has its bias."""
    rows = {row.name: row for row in Program(declnet.load(spec())).summary().rows}

    assert (9 * 4, 9) == (rows["vectors"].parameters, rows["scores"].parameters)
    assert 5 * 4 * 9 == rows["scores"].multiply_adds


def test_frozen():
    """A table that is frozen stays as it is in both uses."""
    loaded = declnet.load(spec([{**EMBEDDING, "freeze": True}, *LAYERS[1:]]))

    run = declnet.train(loaded, data={"train": DATA})

    np.testing.assert_array_equal(
        Program(loaded).initial_weights()["vectors/embedding"], run.weights["vectors/embedding"]
    )
    assert run.weights["scores/bias"].any()


def test_shared_and_in_blocks():
    """A use that shares an embedding has its table, and a block reaches for the table outside of it."""
    blocks = {"head": {"layers": [HIDDEN, {**TIED, "bias": False}]}}
    layers = [
        EMBEDDING,
        {"share": "vectors", "inputs": "words", "name": "again"},
        {"block": "head", "name": "first"},
        {"type": "tied_dense", "inputs": ["again", "again.table"], "name": "second"},
        {"type": "add", "inputs": ["first", "second"]},
        {"type": "permute", "axes": [2, 1]},
    ]

    run = declnet.train({**spec(layers), "blocks": blocks}, data={"train": DATA})

    table = run.weights["vectors/embedding"]
    hidden = np.tanh(table[WORDS] @ run.weights["first/hidden/kernel"] + run.weights["first/hidden/bias"])
    (found,) = run.predict({"words": WORDS}).values()
    assert {"vectors/embedding", "first/hidden/kernel", "first/hidden/bias"} == set(run.weights)
    np.testing.assert_allclose(((hidden + table[WORDS]) @ table.T).transpose(0, 2, 1), found, rtol=1e-4, atol=1e-5)


def test_objectives_see_the_table_as_it_is():
    """Of two objectives, the second one sees the table that the first has just changed, in both uses."""
    losses = {"loss": {"type": "cross_entropy", "target": "next"}, "optimizer": {"type": "sgd", "learning_rate": 0.5}}
    given = spec()
    for key in losses:
        del given["training"][key]
    parts = [{"name": "reading", "layers": ["vectors"]}, {"name": "scoring", "layers": ["hidden", "scores"]}]
    given["training"]["objectives"] = [{**part, **losses} for part in parts]

    run = declnet.train(given, data={"train": DATA})

    alone = declnet.train(spec([EMBEDDING, *({**layer, "freeze": True} for layer in LAYERS[1:])]), data={"train": DATA})
    name = "vectors/embedding"
    np.testing.assert_allclose(alone.weights[name], run.weights[name], rtol=1e-5, atol=1e-6)
    assert not np.array_equal(Program(declnet.load(given)).initial_weights()[name], run.weights[name])


def test_learns_and_is_exported(tmp_path):
    """The loss falls; onnxruntime alone gives the predictions of the run, and another model takes the weights over."""
    adam = {"type": "adam", "learning_rate": 0.1}
    run = declnet.train(spec(epochs=10, batch_size=4, optimizer=adam), data={"train": DATA})
    run.export(tmp_path / "model.onnx")

    losses = [record["loss"] for record in run.history]
    assert losses[-1] < 0.9 * losses[0]
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (expected,) = run.predict({"words": WORDS}).values()
    np.testing.assert_allclose(expected, session.run(None, {"words": WORDS})[0], atol=1e-5)
    begun = Program(declnet.load(spec())).initial_weights()
    assert set(run.weights) == set(transfer(begun, tmp_path / "model.onnx", strict=True))
    np.testing.assert_array_equal(run.weights["vectors/embedding"], begun["vectors/embedding"])


MISTAKES = {
    "no table": ([EMBEDDING, HIDDEN, {**TIED, "inputs": ["hidden", "vectors"]}], '"NAME.table"'),
    "another width": (
        [EMBEDDING, {**HIDDEN, "units": 3}, TIED],
        r"has 4 numbers[\s\S]*\(N, ..., 4\)[\s\S]*\"units\": 4",
    ),
}


@pytest.mark.parametrize(("layers", "message"), MISTAKES.values(), ids=MISTAKES)
def test_misfits_are_refused(layers, message):
    """What does not fit is refused at the inputs, with what would fit."""
    with pytest.raises(declnet.SpecError, match=message) as caught:
        declnet.load(spec([*layers, LAYERS[-1]]))

    assert "/layers/2/inputs" == caught.value.diagnostics[0].pointer
