"""Recurrent layers against PyTorch's with the same weights, and what they do with lengths and states."""

import numpy as np
import onnx
import pytest
from declnet_recurrent.gru import gru
from declnet_recurrent.lstm import lstm
from declnet_recurrent.simple_rnn import simple_rnn

import declnet
from declnet import DeclnetError
from declnet.plugins import installed
from declnet.testing import check_layer, layer_gradients, run_layer

LAYERS = {"LSTM": lstm, "GRU": gru, "RNN": simple_rnn}
# For each of PyTorch's gates, the place of the gate in ONNX's order.
GATES = {"LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2], "RNN": [0]}
BIASES = {"LSTM": ["bias"], "GRU": ["bias", "recurrent_bias"], "RNN": ["bias"]}
UNITS, FEATURES, STEPS = 4, 3, 5


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def drawn_weights(kind, layers, directions):
    """Weights of a stack by their names."""
    random, width, weights = np.random.default_rng(0), len(GATES[kind]) * UNITS, {}
    for index in range(layers):
        features = FEATURES if index == 0 else UNITS * len(directions)
        for direction in directions:
            prefix = (f"layer_{index}/" if layers > 1 else "") + direction
            shapes = {"kernel": (features, width), "recurrent_kernel": (UNITS, width)}
            shapes |= dict.fromkeys(BIASES[kind], (width,))
            weights |= {prefix + name: random.normal(size=s).astype("float32") * 0.5 for name, s in shapes.items()}
    return weights


def reference(torch, kind, w, x, states, lengths, *, layers, bidirectional):
    """PyTorch's layer on weights of ours: all outputs, and the last states (N, layers * directions, units)."""
    module = getattr(torch.nn, kind)(
        FEATURES, UNITS, layers, batch_first=True, bidirectional=bidirectional, dtype=torch.float64
    )
    theirs = {}
    for index in range(layers):
        for direction, suffix in (("forward/", ""), ("backward/", "_reverse")) if bidirectional else (("", ""),):
            own = w_of(w, (f"layer_{index}/" if layers > 1 else "") + direction)

            def gates(value):
                parts = value.T.chunk(len(GATES[kind]))
                return torch.cat([parts[k] for k in GATES[kind]])

            theirs[f"weight_ih_l{index}{suffix}"] = gates(own["kernel"])
            theirs[f"weight_hh_l{index}{suffix}"] = gates(own["recurrent_kernel"])
            theirs[f"bias_ih_l{index}{suffix}"] = gates(own["bias"])
            theirs[f"bias_hh_l{index}{suffix}"] = gates(own.get("recurrent_bias", 0 * own["bias"]))
    first = [state.transpose(0, 1).contiguous() for state in states]
    arguments = [x]
    if lengths is not None:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        arguments = [pack(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)]
    if first:
        arguments.append(tuple(first) if kind == "LSTM" else first[0])
    y, last = torch.func.functional_call(module, theirs, tuple(arguments))
    if lengths is not None:
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=STEPS)
    return y, [state.transpose(0, 1) for state in (last if kind == "LSTM" else [last])]


def w_of(w, prefix):
    return {name.removeprefix(prefix): value for name, value in w.items() if name.startswith(prefix)}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("given", ["", "states", "lengths", "states and mask"])
@pytest.mark.parametrize(
    ("layers", "direction"), [(1, "forward"), (1, "bidirectional"), (3, "forward"), (2, "bidirectional")]
)
def test_as_pytorch(torch, kind, given, layers, direction):
    """Outputs, last states and all gradients are PyTorch's."""
    both = direction == "bidirectional"
    weights = drawn_weights(kind, layers, ["forward/", "backward/"] if both else [""])
    count = layers * (2 if both else 1)
    names = ["state", "cell"] if kind == "LSTM" else ["state"]
    first = [normal(3, count, UNITS) for _ in names] if "states" in given else []
    lengths = np.array([2, 5, 1]) if given and given != "states" else None
    others = list(first if count > 1 else [state[:, 0] for state in first])
    if lengths is not None:
        others.insert(0, (np.arange(STEPS) < lengths[:, None]).astype("int32") if "mask" in given else lengths)
    x, dy = normal(3, STEPS, FEATURES), normal(3, STEPS, UNITS * (2 if both else 1))
    d_states = [normal(3, count, UNITS) for _ in names]

    t = {key: torch.tensor(value.astype("float64"), requires_grad=True) for key, value in weights.items()}
    tx = torch.tensor(x.astype("float64"), requires_grad=True)
    tfirst = [torch.tensor(state.astype("float64"), requires_grad=True) for state in first]
    y, last = reference(torch, kind, t, tx, tfirst, lengths, layers=layers, bidirectional=both)
    loss = (y * torch.tensor(dy)).sum() + sum((h * torch.tensor(d)).sum() for h, d in zip(last, d_states))
    loss.backward()
    shape = (3, UNITS) if count == 1 else (3, count, UNITS)
    outputs, gradients = layer_gradients(
        LAYERS[kind],
        {"units": UNITS, "layers": layers, "direction": direction, "returns": "all"},
        [x, *others],
        [dy, *(d.reshape(shape) for d in d_states)],
        weights=weights,
    )

    for expected, actual in zip([y, *last], outputs, strict=True):
        np.testing.assert_allclose(expected.detach().numpy().reshape(actual.shape), actual, rtol=1e-4, atol=1e-5)
    expected = {"input_0": tx} | t
    states_at = [k for k, other in enumerate(others, start=1) if other.dtype == np.float32]
    expected |= {f"input_{k}": value for k, value in zip(states_at, tfirst)}
    assert set(expected) == set(gradients)
    for key, tensor in expected.items():
        wanted = tensor.grad.numpy().reshape(gradients[key].shape)
        np.testing.assert_allclose(wanted, gradients[key], rtol=1e-4, atol=1e-4, err_msg=key)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_lstm_by_hand():
    """Gates in the order input, output, forget, cell, step by step in float64."""
    x, weights = normal(2, STEPS, FEATURES), drawn_weights("LSTM", 1, [""])
    h = c = np.zeros((2, UNITS))
    for t in range(STEPS):
        z = x[:, t] @ weights["kernel"] + h @ weights["recurrent_kernel"] + weights["bias"]
        i, o, f, g = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)

    results, _ = run_layer(lstm, {"units": UNITS}, [x], weights=weights)

    for expected, actual in zip([h, h, c], results, strict=True):
        np.testing.assert_allclose(expected, actual, atol=1e-6)


@pytest.mark.parametrize("after", [True, False])
def test_gru_by_hand(after):
    """Gates in the order update, reset, candidate, with either place of the reset gate."""
    x, weights = normal(2, STEPS, FEATURES), drawn_weights("GRU", 1, [""])
    b = weights["recurrent_bias"] if after else np.zeros(3 * UNITS)
    rz, rr, rh = np.split(weights["recurrent_kernel"], 3, axis=1)
    bz, br, bh = np.split(b, 3)
    h = np.zeros((2, UNITS))
    for t in range(STEPS):
        xz, xr, xh = np.split(x[:, t] @ weights["kernel"] + weights["bias"], 3, axis=1)
        z, r = sigmoid(xz + h @ rz + bz), sigmoid(xr + h @ rr + br)
        candidate = np.tanh(xh + (r * (h @ rh + bh) if after else (r * h) @ rh))
        h = (1 - z) * candidate + z * h
    given = {name: value for name, value in weights.items() if after or name != "recurrent_bias"}

    [y, state], held = run_layer(gru, {"units": UNITS, "reset_after": after}, [x], weights=given)

    np.testing.assert_allclose(h, y, atol=1e-6)
    np.testing.assert_allclose(h, state, atol=1e-6)
    assert after == ("recurrent_bias" in held)


@pytest.mark.parametrize(
    ("layer", "properties", "inputs", "outputs"),
    [
        (lstm, {"units": 4}, [], [("N", 4)] * 3),
        (lstm, {"units": 4, "bias": False}, [], [("N", 4)] * 3),
        (lstm, {"units": 2, "layers": 2, "dropout": 0.3, "returns": "all"}, [], [("N", 5, 2)] + [("N", 2, 2)] * 2),
        (gru, {"units": 4, "direction": "bidirectional", "merge": "sum"}, [], [("N", 4), ("N", 2, 4)]),
        (gru, {"units": 2, "direction": "reverse", "reset_after": False}, [], [("N", 2), ("N", 2)]),
        (gru, {"units": 2}, [("int64", "N"), ("N", 2)], [("N", 2), ("N", 2)]),
        (simple_rnn, {"units": 2, "activation": "softsign"}, [("N", 2)], [("N", 2), ("N", 2)]),
        (simple_rnn, {"units": 2, "direction": "bidirectional", "merge": "multiply"}, [], [("N", 2), ("N", 2, 2)]),
    ],
)
def test_shapes_and_gradients(layer, properties, inputs, outputs):
    """The batch stays symbolic, and gradients agree with differences."""
    without = [] if properties.get("bias", True) else ["bias"]
    check_layer(layer, properties, inputs=[("N", 5, 3), *inputs], output=outputs, without=without)


@pytest.mark.parametrize("merge", ["concat", "sum", "average", "multiply"])
def test_merge(merge):
    """Two directions become one, at the last step as at all steps."""
    x, weights = normal(2, STEPS, FEATURES), drawn_weights("GRU", 1, ["forward/", "backward/"])
    single = [{n.split("/")[1]: v for n, v in weights.items() if n.startswith(d)} for d in ("forward", "backward")]
    forward, backward = (
        run_layer(gru, {"units": UNITS, "returns": "all", "direction": d}, [x], weights=w)[0][0]
        for d, w in zip(("forward", "reverse"), single)
    )
    join = {
        "concat": lambda a, b: np.concatenate([a, b], axis=-1),
        "sum": lambda a, b: a + b,
        "average": lambda a, b: (a + b) / 2,
        "multiply": lambda a, b: a * b,
    }[merge]
    properties = {"units": UNITS, "direction": "bidirectional", "merge": merge}

    every, last = (
        run_layer(gru, {**properties, "returns": returns}, [x], weights=weights)[0][0] for returns in ("all", "last")
    )

    np.testing.assert_allclose(join(forward, backward), every, atol=1e-6)
    np.testing.assert_allclose(join(forward[:, -1], backward[:, 0]), last, atol=1e-6)


def test_padding_is_not_read():
    """What stands after the length changes nothing, and outputs there are 0."""
    x, lengths = normal(2, STEPS, FEATURES), np.array([2, 4])
    other = x.copy()
    other[0, 2:], other[1, 4:] = 7, -7

    [first, *_], [second, *_] = (
        run_layer(lstm, {"units": UNITS, "returns": "all"}, [each, lengths])[0] for each in (x, other)
    )

    np.testing.assert_array_equal(first, second)
    assert not first[0, 2:].any()
    assert first[0, :2].all()


def test_a_state_continues_a_sequence():
    """Read in two halves, the second beginning in the state of the first, a sequence ends in the same state."""
    x = normal(2, STEPS, FEATURES)
    whole, _ = run_layer(lstm, {"units": UNITS}, [x])
    [_, *states], _ = run_layer(lstm, {"units": UNITS}, [x[:, :2]])

    halves, _ = run_layer(lstm, {"units": UNITS}, [x[:, 2:], *states])

    for expected, actual in zip(whole, halves, strict=True):
        np.testing.assert_allclose(expected, actual, atol=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softsign", "softplus"])
def test_activations(activation):
    """Each is declnet's activation of this name."""
    x, weights = normal(2, 1, FEATURES), drawn_weights("RNN", 1, [""])
    component = installed().components("activation")[activation]
    [expected], _ = run_layer(component, {}, [x[:, 0] @ weights["kernel"] + weights["bias"]])

    [y, _], _ = run_layer(simple_rnn, {"units": UNITS, "activation": activation}, [x], weights=weights)

    np.testing.assert_allclose(expected, y, atol=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softsign", "softplus"])
def test_gradients_of_activations(activation):
    """Each has a gradient, as a gate too."""
    properties = {"units": 2, "activation": activation, "recurrent_activation": activation}

    check_layer(gru, properties, inputs=[("N", 2, 3)], output=[("N", 2), ("N", 2)])


def test_relu_as_pytorch(torch):
    """The gradient of relu, which differences do not show at its kink."""
    x, dy, weights = normal(2, STEPS, FEATURES), normal(2, STEPS, UNITS), drawn_weights("RNN", 1, [""])
    w = {key: torch.tensor(value, requires_grad=True) for key, value in weights.items()}
    h, outputs = torch.zeros(2, UNITS), []
    for t in range(STEPS):
        h = torch.relu(torch.tensor(x[:, t]) @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])
        outputs.append(h)
    (torch.stack(outputs, 1) * torch.tensor(dy)).sum().backward()
    properties = {"units": UNITS, "activation": "relu", "returns": "all"}

    [y, _], gradients = layer_gradients(simple_rnn, properties, [x], [dy, np.zeros((2, UNITS))], weights=weights)

    np.testing.assert_allclose(torch.stack(outputs, 1).detach().numpy(), y, atol=1e-5)
    for key, tensor in w.items():
        np.testing.assert_allclose(tensor.grad.numpy(), gradients[key], rtol=1e-4, atol=1e-4, err_msg=key)


def test_an_lstm_starts_by_remembering():
    """The forget gate, third in ONNX's order, has the bias 1."""
    _, held = run_layer(lstm, {"units": 2}, [normal(1, STEPS, FEATURES)])

    np.testing.assert_array_equal([0, 0, 0, 0, 1, 1, 0, 0], held["bias"])


def test_dropout_between_layers_only():
    """While training a stack is disturbed, a single layer is not."""
    x = normal(2, STEPS, FEATURES)
    runs = {
        (layers, training): run_layer(gru, {"units": 4, "layers": layers, "dropout": 0.5}, [x], training=training)[0][0]
        for layers in (1, 2)
        for training in (False, True)
    }

    np.testing.assert_array_equal(runs[1, False], runs[1, True])
    assert (runs[2, False] != runs[2, True]).all()


def spec(layers, outputs):
    inputs = {"x": {"shape": [STEPS, FEATURES]}, "length": {"shape": [], "dtype": "int64"}}
    return {"inputs": inputs, "layers": layers, "outputs": outputs}


@pytest.mark.parametrize("kind", LAYERS)
def test_the_served_graph_holds_the_fused_operator(kind):
    """One operator for the whole sequence."""
    layers = [{"type": LAYERS[kind].type, "units": 4, "inputs": ["x", "length"], "name": "r"}]

    model = declnet.compile(declnet.load(spec(layers, {"y": "r"}))).inference

    onnx.checker.check_model(model, full_check=True)
    assert 1 == [node.op_type for node in model.graph.node].count(kind)


def test_states_from_another_layer():
    """A decoder begins in the last states of an encoder, which a spec names."""
    layers = [
        {"type": "lstm", "name": "encoder", "units": 4, "inputs": ["x", "length"]},
        {"type": "lstm", "name": "decoder", "units": 4, "inputs": ["x", "encoder.state", "encoder.cell"]},
    ]

    _, diagnostics = declnet.check(spec(layers, {"y": "decoder", "cell": "decoder.cell"}))

    assert [] == list(diagnostics)


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([np.zeros((2, 4), "int64")], r"lengths or mask do not fit.*\n.*\(N, 5\)"),
        ([np.zeros((2, 4), "float32")], "1 of floats.*\n.*none or 2 of floats"),
        ([np.zeros((2, 3), "float32")] * 2, r"a first state does not fit.*\n.*\(N, 4\)"),
        ([np.zeros(2, "int64")] * 2, "2 inputs of integers"),
        ([np.ones(2, "bool")], "lengths are integers"),
    ],
)
def test_misfits_are_refused(others, message):
    """What does not fit is refused, with what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(lstm, {"units": 4}, [normal(2, STEPS, FEATURES), *others])


def test_no_sequence():
    """A recurrent layer does not read single vectors."""
    with pytest.raises(DeclnetError, match=r"sequence of vectors\n.*steps, features"):
        run_layer(simple_rnn, {"units": 4}, [normal(2, 3)])


@pytest.mark.parametrize("length", [0, STEPS + 1])
def test_lengths_are_checked_with_the_data(tmp_path, length):
    """A length of zero, or beyond the sequence, is refused before training, not in the middle of it."""
    layers = [{"type": "lstm", "name": "r", "units": 4, "inputs": ["x", "length"]}, {"type": "dense", "units": 1}]
    training = {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": "adam",
        "epochs": 1,
        "batch_size": 2,
    }
    data = {"x": normal(4, STEPS, FEATURES), "length": np.array([1, 2, length, 3]), "y": normal(4, 1)}

    with pytest.raises(DeclnetError, match=rf"'length'(.|\n)*{length} in row 2(.|\n)*1 to {STEPS}"):
        declnet.train(spec(layers, {"y": "dense_1"}) | {"training": training}, out=tmp_path / "run", data=data)


def test_registered():
    """The layers are offered by the plugin."""
    assert {"lstm", "gru", "simple_rnn"} <= installed().components("layer").keys()
