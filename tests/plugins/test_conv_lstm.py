"""conv_lstm against the formula in float64 and against PyTorch, step by step, and within a model."""

import numpy as np
import onnxruntime
import pytest
from declnet_recurrent.conv_lstm import conv_lstm
from numpy.lib.stride_tricks import sliding_window_view

import declnet
from declnet import DeclnetError
from declnet.testing import check_layer, layer_gradients, run_layer

STEPS, CHANNELS, FILTERS = 4, 3, 2


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def drawn_weights(kernel, ways=("",), channels=CHANNELS):
    """Weights by their names, of one direction or of two."""
    shapes = {
        "input/kernel": (4 * FILTERS, channels, *kernel),
        "input/bias": (4 * FILTERS,),
        "recurrent/kernel": (4 * FILTERS, FILTERS, *kernel),
    }
    return {way + name: 0.4 * normal(*s, seed=k) for k, way in enumerate(ways) for name, s in shapes.items()}


def correlate(x, kernel, before, after, stride=1):
    """A convolution (N, channels, ...) with a kernel [filters, channels, ...] and zeros around x."""
    spatial = tuple(range(2, x.ndim))
    x = np.pad(x, [(0, 0), (0, 0), *zip(before, after)])
    windows = sliding_window_view(x, kernel.shape[2:], axis=spatial)
    windows = windows[(slice(None), slice(None), *[slice(None, None, stride)] * len(spatial))]
    axes = [1, *range(x.ndim, 2 * x.ndim - 2)]
    return np.moveaxis(np.tensordot(windows, kernel.astype("float64"), axes=(axes, [1, *spatial])), -1, 1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(x, w, *, padding=0, stride=1, lengths=None, first=None, backward=False):
    """All outputs (N, steps, filters, ...), and the last output and cell, in float64."""
    steps, kernel = x.shape[1], w["input/kernel"].shape[2:]
    sides = [padding] * len(kernel)
    same = [(k - 1) // 2 for k in kernel], [k // 2 for k in kernel]
    a = [correlate(x[:, t].astype("float64"), w["input/kernel"], sides, sides, stride) for t in range(steps)]
    h, c = first or [np.zeros((len(x), FILTERS, *a[0].shape[2:]))] * 2
    bias, y = w["input/bias"].reshape(-1, *[1] * len(kernel)), [None] * steps
    lengths = np.full(len(x), steps) if lengths is None else lengths
    for t in reversed(range(steps)) if backward else range(steps):
        i, o, f, g = np.split(a[t] + bias + correlate(h, w["recurrent/kernel"], *same), 4, axis=1)
        inside = (t < lengths).reshape(-1, *[1] * (h.ndim - 1))
        c = np.where(inside, sigmoid(f) * c + sigmoid(i) * np.tanh(g), c)
        h = np.where(inside, sigmoid(o) * np.tanh(c), h)
        y[t] = np.where(inside, h, 0)
    return np.stack(y, 1), h, c


@pytest.mark.parametrize(
    ("spatial", "kernel", "properties"),
    [
        ((6,), (3,), {}),
        ((6, 5), (3, 2), {"padding": 1}),
        ((5, 6), (2, 3), {"padding": 1, "stride": 2}),
        ((3, 4, 3), (2, 2, 1), {}),
    ],
)
def test_formula(spatial, kernel, properties):
    """The gates of each step, on one to three axes; the input may shrink, the state keeps its size."""
    x, weights = normal(2, STEPS, CHANNELS, *spatial), drawn_weights(kernel)
    y, h, c = reference(x, weights, **properties)
    properties = {"filters": FILTERS, "kernel": list(kernel), **properties}

    (every, *states), (last, *again) = (
        run_layer(conv_lstm, {**properties, "returns": returns}, [x], weights=weights)[0] for returns in ("all", "last")
    )

    np.testing.assert_allclose(y, every, atol=1e-5)
    np.testing.assert_allclose(y[:, -1], last, atol=1e-5)
    for expected, first, second in zip((h, c), states, again, strict=True):
        np.testing.assert_allclose(expected, first, atol=1e-5)
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("mask", [False, True])
def test_lengths_and_first_states(direction, mask):
    """Steps after the end of a sequence change no state, and give 0; a mask says the same as lengths."""
    x, weights, lengths = normal(3, STEPS, CHANNELS, 5), drawn_weights((3,)), np.array([1, 4, 2])
    first = [normal(3, FILTERS, 5, seed=seed) for seed in (5, 6)]
    how = {"lengths": lengths, "first": first, "padding": 1, "backward": direction == "reverse"}
    expected = reference(x, weights, **how)
    given = (np.arange(STEPS) < lengths[:, None]).astype("int64") if mask else lengths
    properties = {"filters": FILTERS, "kernel": 3, "padding": "same", "returns": "all", "direction": direction}

    results, _ = run_layer(conv_lstm, properties, [x, given, *first], weights=weights)

    for wanted, actual in zip(expected, results, strict=True):
        np.testing.assert_allclose(wanted, actual, atol=1e-5)


@pytest.mark.parametrize("merge", ["concat", "sum", "average", "multiply"])
def test_both_directions(merge):
    """Two directions become one along the channels; of the states each direction has its own."""
    x, weights = normal(2, STEPS, CHANNELS, 4, 4), drawn_weights((3, 3), ("forward/", "backward/"))
    own = [
        {n.removeprefix(way): v for n, v in weights.items() if n.startswith(way)} for way in ("forward/", "backward/")
    ]
    first = [normal(2, 2, FILTERS, 2, 2, seed=seed) for seed in (5, 6)]
    runs = [reference(x, w, first=[v[:, k] for v in first], backward=bool(k)) for k, w in enumerate(own)]
    join = {
        "concat": lambda a, b, axis: np.concatenate([a, b], axis=axis),
        "sum": lambda a, b, axis: a + b,
        "average": lambda a, b, axis: (a + b) / 2,
        "multiply": lambda a, b, axis: a * b,
    }[merge]
    properties = {"filters": FILTERS, "kernel": 3, "direction": "bidirectional", "merge": merge}

    every, last = (
        run_layer(conv_lstm, {**properties, "returns": returns}, [x, *first], weights=weights)[0]
        for returns in ("all", "last")
    )

    (y, h, c), (y_back, h_back, c_back) = runs
    np.testing.assert_allclose(join(y, y_back, 2), every[0], atol=1e-5)
    np.testing.assert_allclose(join(h, h_back, 1), last[0], atol=1e-5)
    np.testing.assert_allclose(np.stack([h, h_back], 1), last[1], atol=1e-5)
    np.testing.assert_allclose(np.stack([c, c_back], 1), last[2], atol=1e-5)


@pytest.mark.parametrize(
    ("properties", "inputs", "outputs"),
    [
        ({"padding": "same"}, [("N", 3, 2, 5)], [("N", 2, 5)] * 3),
        (
            {"bias": False, "returns": "all", "direction": "reverse"},
            [("N", 3, 1, 4, 3)],
            [("N", 3, 2, 2, 1), ("N", 2, 2, 1), ("N", 2, 2, 1)],
        ),
        ({"activation": "softsign", "dilation": 2}, [("N", 2, 2, 6), ("int64", "N")], [("N", 2, 2)] * 3),
        (
            {"direction": "bidirectional", "stride": 2},
            [("N", 2, 2, 5), ("N", 2, 2, 2), ("N", 2, 2, 2)],
            [("N", 4, 2), ("N", 2, 2, 2), ("N", 2, 2, 2)],
        ),
    ],
)
def test_shapes_and_gradients(properties, inputs, outputs):
    """The batch stays symbolic, and gradients agree with differences."""
    check_layer(conv_lstm, {"filters": FILTERS, "kernel": 3, **properties}, inputs=inputs, output=outputs)


@pytest.mark.training_build
def test_training_kernels():
    """The fused gradients of convolutions give the same within the loop."""
    x, weights, dy = normal(2, STEPS, CHANNELS, 5, 5), drawn_weights((3, 3)), normal(2, FILTERS, 3, 3)

    (_, standard), (_, fused) = (
        layer_gradients(conv_lstm, {"filters": FILTERS, "kernel": 3}, [x], [dy] * 3, weights=weights, target=target)
        for target in ("standard", "training")
    )

    assert standard.keys() == fused.keys()
    for name, expected in standard.items():
        np.testing.assert_allclose(expected, fused[name], rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize(("axes", "stride", "dilation"), [(1, 1, 2), (2, 2, 1), (3, 1, 1)])
def test_as_pytorch(torch, axes, stride, dilation, direction):
    """Outputs, last states and all gradients are those of PyTorch's convolutions in a loop, in float64."""
    convolve = getattr(torch.nn.functional, f"conv{axes}d")
    x, weights = normal(2, STEPS, CHANNELS, *[6, 5, 4][:axes]), drawn_weights((3,) * axes)
    t = {name: torch.tensor(value.astype("float64"), requires_grad=True) for name, value in weights.items()}
    tx = torch.tensor(x.astype("float64"), requires_grad=True)
    kernel, bias, recurrent = (t[name] for name in ("input/kernel", "input/bias", "recurrent/kernel"))
    a = [convolve(frame, kernel, bias, stride=stride, padding=1, dilation=dilation) for frame in tx.unbind(1)]
    tfirst = [torch.zeros_like(a[0][:, :FILTERS], requires_grad=True) for _ in range(2)]
    (h, c), outputs = tfirst, [None] * STEPS
    for step in reversed(range(STEPS)) if direction == "reverse" else range(STEPS):
        i, o, f, g = (a[step] + convolve(h, recurrent, padding=1)).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = outputs[step] = o.sigmoid() * c.tanh()
    expected = [torch.stack(outputs, 1), h, c]
    dys = [normal(*value.shape, seed=8) for value in expected]
    sum((value * torch.tensor(dy)).sum() for value, dy in zip(expected, dys)).backward()
    properties = {"filters": FILTERS, "kernel": 3, "stride": stride, "dilation": dilation, "padding": 1}
    first = [value.detach().numpy().astype("float32") for value in tfirst]

    results, gradients = layer_gradients(
        conv_lstm, {**properties, "returns": "all", "direction": direction}, [x, *first], dys, weights=weights
    )

    for wanted, actual in zip(expected, results, strict=True):
        np.testing.assert_allclose(wanted.detach().numpy(), actual, atol=1e-5)
    tensors = t | {"input_0": tx, "input_1": tfirst[0], "input_2": tfirst[1]}
    assert set(tensors) == set(gradients)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(tensor.grad.numpy(), gradients[name], rtol=1e-4, atol=1e-4, err_msg=name)


def test_it_starts_by_remembering():
    """The forget gate, third in ONNX's order, has the bias 1."""
    _, held = run_layer(conv_lstm, {"filters": 2, "kernel": 1}, [normal(1, 2, 1, 3)])

    np.testing.assert_array_equal([0, 0, 0, 0, 1, 1, 0, 0], held["input/bias"])


LAYERS = [
    {"type": "conv_lstm", "filters": 3, "kernel": 3, "padding": "same", "returns": "all", "inputs": ["film", "length"]},
    {"type": "conv_lstm", "filters": 2, "kernel": 3, "direction": "reverse", "recurrent_constraint": "unit_norm"},
    {"type": "global_avg_pool"},
    {"type": "flatten"},
    {"type": "dense", "units": 1},
]


def spec(layers=LAYERS):
    training = {
        "loss": {"type": "mean_squared_error", "target": "brightness"},
        "optimizer": {"type": "adam", "learning_rate": 0.03},
        "epochs": 4,
        "batch_size": 8,
    }
    inputs = {"film": {"shape": [STEPS, 1, 6, 5]}, "length": {"shape": [], "dtype": "int64"}}
    return {"inputs": inputs, "layers": layers, "training": training}


def test_learns_and_is_exported(tmp_path):
    """The loss falls, and onnxruntime alone gives the predictions of the run."""
    film, length = normal(24, STEPS, 1, 6, 5), np.arange(24) % STEPS + 1
    data = {"film": film, "length": length, "brightness": film.mean(axis=(1, 3, 4))}

    run = declnet.train(spec(), data={"train": data})
    run.export(tmp_path / "model.onnx")

    losses = [record["loss"] for record in run.history]
    assert losses[-1] < 0.9 * losses[0]
    features = {"film": film[:5], "length": length[:5]}
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for expected, found in zip(run.predict(features).values(), session.run(None, features), strict=True):
        np.testing.assert_allclose(expected, found, atol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "properties", "message"),
    [
        ([(2, 4, 3)], {}, r"one to three spatial axes\n.*channels, length[\s\S]*use lstm"),
        ([(2, 4, 3, 6)], {"kernel": [3, 3]}, r"kernel \[3, 3\] does not fit.*\n.*a list of 1"),
        ([(2, 4, 3, 6), (2, 2, 6)], {}, "1 of floats.*\n.*none or 2 of floats"),
        ([(2, 4, 3, 6), (2, 2, 6), (2, 2, 6)], {}, r"a first state does not fit.*\n.*\(N, 2, 4\)"),
        ([(2, 4, 3, 6), (2, 2, 4), (2, 2, 4)], {"direction": "bidirectional"}, r"first state.*\n.*\(N, 2, 4\) in each"),
        ([(2, 4, 3, 6), (2, 3, 4), (2, 3, 4)], {"direction": "bidirectional"}, r"first state.*\n.*one for each"),
    ],
)
def test_misfits_are_refused(shapes, properties, message):
    """What does not fit is refused, with what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(conv_lstm, {"filters": 2, "kernel": 3, **properties}, [normal(*shape) for shape in shapes])


def test_mistakes_are_shown_at_their_property():
    """The convolutions within it speak of the properties of the layer."""
    wrong = {**LAYERS[0], "kernel": [3, 3, 3]}

    _, (error, *_) = declnet.check(spec([wrong, *LAYERS[1:]]))

    assert "/layers/0/kernel" == error.pointer
