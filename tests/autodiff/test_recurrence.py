"""RNN, GRU and LSTM: their gradients against the equations of the ONNX manual in double precision, and torch's."""

import numpy as np
import onnx
import onnx.reference
import onnxruntime
import pytest

import declnet
from declnet.graph import Graph, to_model

STEPS, BATCH, INPUTS, HIDDEN = 4, 3, 2, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
DEFAULT = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
FUNCTIONS = {
    "Affine": lambda x, a, b: a * x + b,
    "Relu": lambda x: np.maximum(x, 0),
    "LeakyRelu": lambda x, a: np.where(x > 0, x, a * x),
    "ThresholdedRelu": lambda x, a: np.where(x >= a, x, 0),
    "Tanh": np.tanh,
    "ScaledTanh": lambda x, a, b: a * np.tanh(b * x),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "HardSigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "Elu": lambda x, a: np.where(x > 0, x, a * (np.exp(np.minimum(x, 0)) - 1)),
    "Softsign": lambda x: x / (1 + np.abs(x)),
    "Softplus": lambda x: np.log1p(np.exp(x)),
}
TAKES = {"Affine": 2, "LeakyRelu": 1, "ThresholdedRelu": 1, "ScaledTanh": 2, "HardSigmoid": 2, "Elu": 1}


# --- the reference: one sequence at a time, one step at a time ------------------------------------------------


def reference(op, x, w, r, b, lengths, h0, c0, p, **attributes):
    """Y, Y_h and (LSTM) Y_c in float64, as the ONNX manual defines them."""
    directions, hidden, _ = r.shape[0], r.shape[2], None
    y = np.zeros((x.shape[0], directions, x.shape[1], hidden))
    last = np.zeros((2, directions, x.shape[1], hidden))
    for d, n in np.ndindex(directions, x.shape[1]):
        length = x.shape[0] if lengths is None else lengths[n]
        order = range(length)
        if attributes["direction"] == "reverse" or d == 1:
            order = reversed(order)
        h = np.zeros(hidden) if h0 is None else h0[d, n]
        c = np.zeros(hidden) if c0 is None else c0[d, n]
        biases = np.zeros((2, w.shape[1])) if b is None else b[d].reshape(2, -1)
        peepholes = np.zeros((3, hidden)) if p is None else p[d].reshape(3, -1)
        functions = activation_functions(op, d, attributes)
        for t in order:
            h, c = CELLS[op](x[t, n], h, c, w[d], r[d], biases, peepholes, functions, attributes)
            y[t, d, n] = h
        # What ONNX Runtime gives for a sequence without steps: not the first state, but 0.
        last[:, d, n] = (h, c) if length else (0, 0)
    return [y, last[0], *([last[1]] if op == "LSTM" else [])]


def activation_functions(op, direction, attributes):
    """The functions of one direction, with their alpha and beta, after the clip."""
    count = len(DEFAULT[op])
    directions = 2 if attributes["direction"] == "bidirectional" else 1
    names = attributes.get("activations", DEFAULT[op] * directions)
    alphas, betas = (iter(attributes.get(f"activation_{key}", [])) for key in ("alpha", "beta"))
    limit = attributes.get("clip", np.inf)
    made = []
    for place, name in enumerate(names):
        taken = [next(values) for values in (alphas, betas)[: TAKES.get(name, 0)]]
        # ONNX Runtime does not clip the state of an LSTM's cell.
        bound = limit if place % count < 2 else np.inf
        made.append(lambda x, f=FUNCTIONS[name], taken=taken, bound=bound: f(np.clip(x, -bound, bound), *taken))
    return made[direction * count : (direction + 1) * count]


def rnn_cell(x, h, c, w, r, biases, peepholes, functions, attributes):
    return functions[0](w @ x + r @ h + biases.sum(0)), c


def gru_cell(x, h, c, w, r, biases, peepholes, functions, attributes):
    f, g = functions
    wz, wr, wh = np.split(w @ x + biases[0], 3)
    rz, rr, rh = np.split(r, 3)
    bz, br, bh = np.split(biases[1], 3)
    update, reset = f(wz + rz @ h + bz), f(wr + rr @ h + br)
    if attributes.get("linear_before_reset"):
        candidate = g(wh + reset * (rh @ h + bh))
    else:
        candidate = g(wh + rh @ (reset * h) + bh)
    return (1 - update) * candidate + update * h, c


def lstm_cell(x, h, c, w, r, biases, peepholes, functions, attributes):
    f, g, o = functions
    ai, ao, af, ac = np.split(w @ x + r @ h + biases.sum(0), 4)
    pi, po, pf = peepholes
    enter = f(ai + pi * c)
    forget = 1 - enter if attributes.get("input_forget") else f(af + pf * c)
    c = forget * c + enter * g(ac)
    return f(ao + po * c) * o(c), c


CELLS = {"RNN": rnn_cell, "GRU": gru_cell, "LSTM": lstm_cell}


# --- the comparison -------------------------------------------------------------------------------------------


def arguments(op, direction, *, biases=True, lengths=False, states=True, peepholes=False, steps=STEPS, scale=0.7):
    """Random inputs X, W, R, B, sequence_lens, initial_h, initial_c, P; None for those that are left out."""
    random = np.random.default_rng(5)
    d, g = 2 if direction == "bidirectional" else 1, GATES[op]

    def normal(*shape):
        return (random.normal(size=shape) * scale).astype(np.float32)

    lstm = op == "LSTM"
    return [
        normal(steps, BATCH, INPUTS),
        normal(d, g * HIDDEN, INPUTS),
        normal(d, g * HIDDEN, HIDDEN),
        normal(d, 2 * g * HIDDEN) if biases else None,
        np.array([steps, 2, 3], np.int32) if lengths else None,
        normal(d, BATCH, HIDDEN) if states else None,
        normal(d, BATCH, HIDDEN) if states and lstm else None,
        normal(d, 3 * HIDDEN) if peepholes and lstm else None,
    ]


def model(op, inputs, *, outputs, shape=None, **attributes):
    """The operator, its outputs times ``weight_k`` summed up: (the model, names of the float inputs)."""
    graph = Graph("recurrence")
    values, names = [], []
    for k, array in enumerate(inputs):
        declared = shape if k == 0 and shape else () if array is None else array.shape
        if k == 0 and attributes.get("layout"):
            declared = (declared[1], declared[0], declared[2])
        values.append(None if array is None else graph.input(f"input_{k}", array.dtype, declared))
        if array is not None and array.dtype == np.float32:
            names.append(f"input_{k}")
    while values[-1] is None:
        values.pop()
    made = graph.op(op, *values, outputs=3 if op == "LSTM" else 2, hidden_size=HIDDEN, **attributes)
    parts = [
        graph.ReduceSum(made[k] * graph.input(f"weight_{k}", np.float32, [None] * len(made[k].shape)), keepdims=0)
        for k in outputs
    ]
    graph.output(graph.Sum(*parts), "loss")
    return to_model(graph), names


def run(proto, feed):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def weights(expected, outputs):
    random = np.random.default_rng(3)
    return {k: random.normal(size=expected[k].shape).astype(np.float32) for k in outputs}


def differences(loss, inputs, k):
    """Central differences of *loss* by input *k*."""
    found = np.zeros(inputs[k].shape)
    for place in np.ndindex(found.shape):
        values = []
        for distance in (1e-5, -1e-5):
            moved = [None if v is None else v.astype(np.float64) for v in inputs]
            moved[k][place] += distance
            moved[4] = inputs[4]
            values.append(loss(moved))
        found[place] = (values[0] - values[1]) / 2e-5
    return found


def check(op, inputs, *, outputs=None, shape=None, target="standard", tolerance=2e-4, **attributes):
    """Assert that loss and gradients in float32 equal the reference and its central differences."""
    attributes.setdefault("direction", "forward")
    outputs = outputs or range(3 if op == "LSTM" else 2)
    chosen = weights(reference(op, *map(_double, inputs), **attributes), outputs)

    def loss(arrays):
        made = reference(op, *arrays, **attributes)
        return sum(float(np.sum(made[k] * weight)) for k, weight in chosen.items())

    proto, names = model(op, inputs, outputs=outputs, shape=shape, **attributes)
    gradient = declnet.gradient(proto, loss="loss", wrt=names, target=target)
    onnx.checker.check_model(gradient)
    feed = {f"input_{k}": array for k, array in enumerate(inputs) if array is not None}
    feed |= {f"weight_{k}": weight for k, weight in chosen.items()}
    found_loss, *found = run(gradient, feed)
    np.testing.assert_allclose(found_loss, loss(list(map(_double, inputs))), rtol=1e-4, atol=1e-4)
    for name, dx in zip(names, found):
        expected = differences(loss, inputs, int(name[-1]))
        limit = tolerance * max(1, np.abs(expected).max())
        np.testing.assert_allclose(dx, expected, rtol=0, atol=limit, err_msg=f"{op}, {name}")


def _double(array):
    return array.astype(np.float64) if array is not None and array.dtype == np.float32 else array


DIRECTIONS = ["forward", "reverse", "bidirectional"]


@pytest.mark.parametrize("lengths", [False, True], ids=["whole", "sequence_lens"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("op", GATES)
def test_every_direction(op, direction, lengths):
    """All inputs and all outputs, with and without sequences that end early."""
    check(op, arguments(op, direction, lengths=lengths), direction=direction)


@pytest.mark.parametrize("op, direction", [("RNN", "forward"), ("GRU", "bidirectional"), ("LSTM", "bidirectional")])
def test_empty_sequence(op, direction):
    """One sequence of the batch has no steps. (onnxruntime-training 1.19 gives the reverse RNN then a last state.)"""
    inputs = arguments(op, direction, lengths=True)
    inputs[4][1] = 0
    check(op, inputs, direction=direction)


@pytest.mark.parametrize("op", GATES)
def test_left_out_inputs(op):
    """No bias and no first states: they are zero."""
    check(op, arguments(op, "bidirectional", biases=False, states=False), direction="bidirectional")


@pytest.mark.parametrize("op, outputs", [(op, (k,)) for op in GATES for k in range(3 if op == "LSTM" else 2)])
def test_one_output_alone(op, outputs):
    check(op, arguments(op, "forward", lengths=True), outputs=outputs)


@pytest.mark.parametrize("lengths", [False, True], ids=["whole", "sequence_lens"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_gru_that_resets_after_the_product(direction, lengths):
    check("GRU", arguments("GRU", direction, lengths=lengths), direction=direction, linear_before_reset=1)


@pytest.mark.parametrize("lengths", [False, True], ids=["whole", "sequence_lens"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_lstm_with_peepholes(direction, lengths):
    check("LSTM", arguments("LSTM", direction, lengths=lengths, peepholes=True), direction=direction)


@pytest.mark.parametrize("peepholes", [False, True])
def test_lstm_with_coupled_gates(peepholes):
    """The forget gate is one minus the input gate."""
    check("LSTM", arguments("LSTM", "forward", peepholes=peepholes), input_forget=1)


@pytest.mark.parametrize("op", GATES)
def test_clip(op):
    """What goes into the activations is cut off at ±clip, and so is the gradient."""
    check(op, arguments(op, "bidirectional", peepholes=True), direction="bidirectional", clip=0.6)


@pytest.mark.parametrize("op, names, alpha, beta", [
    ("RNN", ["Affine"], [0.8], [0.1]),
    ("RNN", ["Relu"], [], []),
    ("RNN", ["LeakyRelu"], [0.2], []),
    ("RNN", ["ThresholdedRelu"], [0.3], []),
    ("RNN", ["ScaledTanh"], [1.2], [0.7]),
    ("RNN", ["Elu"], [0.6], []),
    ("RNN", ["Softsign"], [], []),
    ("RNN", ["Softplus"], [], []),
    ("GRU", ["HardSigmoid", "Softsign"], [0.3], [0.4]),
    ("GRU", ["Sigmoid", "ScaledTanh"], [0.9], [1.1]),
    ("LSTM", ["HardSigmoid", "Elu", "ScaledTanh"], [0.25, 0.7, 1.1], [0.45, 0.9]),
    ("LSTM", ["Sigmoid", "LeakyRelu", "Softsign"], [0.1], []),
])  # fmt: skip
def test_activations(op, names, alpha, beta):
    """Every function that the manual lists, with alpha and beta of its own."""
    given = {"activations": names}
    given |= {f"activation_{key}": values for key, values in (("alpha", alpha), ("beta", beta)) if values}
    check(op, arguments(op, "forward"), **given)


def test_activations_of_each_direction():
    """The second half of the list belongs to the reverse direction."""
    check(
        "LSTM", arguments("LSTM", "bidirectional"), direction="bidirectional",
        activations=["Sigmoid", "Tanh", "Softsign", "HardSigmoid", "Softsign", "Tanh"],
        activation_alpha=[0.3], activation_beta=[0.4],
    )  # fmt: skip


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("op", GATES)
def test_web_target(op, direction):
    """The gradient is the same, without captured values or reversed scans."""
    check(op, arguments(op, direction, lengths=True), direction=direction, target="web")

    proto, names = model(op, arguments(op, direction), outputs=[0], direction=direction)
    gradient = declnet.gradient(proto, loss="loss", wrt=names, target="web")
    for node in gradient.graph.node:
        if node.op_type == "Scan":
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            body = attributes["body"]
            made = {name for each in body.node for name in each.output}
            made |= {value.name for value in (*body.input, *body.initializer)}
            read = {name for each in body.node for name in each.input}

            assert not any(attributes["scan_input_directions"] + attributes["scan_output_directions"])
            assert read <= made


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("op", GATES)
def test_symbolic_lengths(op, direction):
    """Neither the number of steps nor that of sequences need be known."""
    check(op, arguments(op, direction, lengths=True), direction=direction, shape=["T", "N", INPUTS])


@pytest.mark.parametrize("op", GATES)
def test_graph_does_not_grow_with_the_sequence(op):
    sizes = set()
    for steps in (3, 300):
        proto, names = model(op, arguments(op, "forward", steps=steps), outputs=[0], direction="forward")
        sizes.add(len(declnet.gradient(proto, loss="loss", wrt=names).graph.node))

    assert 1 == len(sizes)


@pytest.mark.parametrize("op", GATES)
def test_one_step(op):
    """A sequence of length 1."""
    check(op, arguments(op, "bidirectional", steps=1), direction="bidirectional")


@pytest.mark.skipif(
    tuple(map(int, onnx.__version__.split(".")[:2])) < (1, 23),
    reason="the reference evaluator of older onnx does not see what a body captures",
)
@pytest.mark.parametrize("op", GATES)
def test_batch_first(op):
    """Layout 1, which ONNX Runtime does not execute, has the gradient of layout 0 with the axes exchanged."""
    inputs = arguments(op, "forward")
    moved = [v.swapaxes(0, 1) if k in (0, 5, 6) and v is not None else v for k, v in enumerate(inputs)]
    found = {}
    for layout, arrays in ((0, inputs), (1, moved)):
        proto, names = model(op, arrays, outputs=[0], direction="forward", layout=layout, shape=inputs[0].shape)
        gradient = declnet.gradient(proto, loss="loss", wrt=names, target="web")
        feed = {f"input_{k}": array for k, array in enumerate(arrays) if array is not None}
        y = (STEPS, 1, BATCH, HIDDEN)
        feed["weight_0"] = np.linspace(-1, 1, np.prod(y)).reshape(y).astype(np.float32)
        if layout:
            feed["weight_0"] = feed["weight_0"].transpose(2, 0, 1, 3)
        found[layout] = dict(zip(["loss", *names], onnx.reference.ReferenceEvaluator(gradient).run(None, feed)))

    for name, dx in found[0].items():
        expected = dx.swapaxes(0, 1) if name in ("input_0", "input_5", "input_6") else dx
        np.testing.assert_allclose(found[1][name], expected, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("op", GATES)
def test_second_order(op):
    """The gradient of the squared gradient, against central differences of the gradient."""
    inputs = arguments(op, "forward")
    proto, names = model(op, inputs, outputs=[0], direction="forward")
    first = declnet.gradient(proto, loss="loss", wrt=names)
    feed = {f"input_{k}": array for k, array in enumerate(inputs) if array is not None}
    feed["weight_0"] = np.random.default_rng(3).normal(size=(STEPS, 1, BATCH, HIDDEN)).astype(np.float32)
    squared = square_of(first, "input_1_grad")
    second = declnet.gradient(squared, loss="square", wrt=names)
    found = dict(zip(names, run(second, feed)[1:]))
    direction = {n: np.random.default_rng(k).normal(size=feed[n].shape) for k, n in enumerate(names)}

    def square(distance):
        arrays = [None if v is None else v.astype(np.float64) for v in inputs]
        for name, way in direction.items():
            arrays[int(name[-1])] += distance * way

        def loss(arrays):
            return float(np.sum(reference(op, *arrays, direction="forward")[0] * feed["weight_0"]))

        return float(np.sum(differences(loss, arrays, 1) ** 2))

    expected = (square(1e-3) - square(-1e-3)) / 2e-3
    slope = sum(float(np.sum(found[name] * way)) for name, way in direction.items())
    assert pytest.approx(expected, rel=2e-3) == slope


def square_of(proto, name):
    """*proto* with one output only, the sum of the squares of its output *name*."""
    square = onnx.ModelProto()
    square.CopyFrom(proto)
    square.graph.node.append(onnx.helper.make_node("ReduceSumSquare", [name], ["square"], keepdims=0))
    del square.graph.output[:]
    square.graph.output.append(onnx.helper.make_tensor_value_info("square", onnx.TensorProto.FLOAT, []))
    return square


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("op", GATES)
def test_torch(torch, op, bidirectional):
    """Outputs and gradients of torch.nn.RNN, GRU and LSTM with the same weights."""
    torch.manual_seed(0)
    layer = getattr(torch.nn, op)(INPUTS, HIDDEN, bidirectional=bidirectional)
    order = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 3, 1, 2]}[op]

    def rows(kind):
        suffixes = ["", "_reverse"][: 1 + bidirectional]
        tensors = [getattr(layer, f"{kind}_l0{suffix}") for suffix in suffixes]
        return torch.stack([torch.cat([t.chunk(len(order))[k] for k in order]) for t in tensors])

    x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    w, r, b = rows("weight_ih"), rows("weight_hh"), torch.cat([rows("bias_ih"), rows("bias_hh")], dim=1)
    weight = torch.randn(STEPS, BATCH, HIDDEN * (1 + bidirectional))
    direction = "bidirectional" if bidirectional else "forward"
    extra = {"linear_before_reset": 1} if op == "GRU" else {}
    loss = (layer(x)[0] * weight).sum()
    expected = torch.autograd.grad(loss, [x, *layer.parameters()])
    inputs = [v.detach().numpy() for v in (x, w, r, b)] + [None] * 4
    proto, names = model(op, inputs, outputs=[0], direction=direction, **extra)
    gradient = declnet.gradient(proto, loss="loss", wrt=names)
    feed = {f"input_{k}": v for k, v in enumerate(inputs[:4])}
    feed["weight_0"] = weight.reshape(STEPS, BATCH, -1, HIDDEN).permute(0, 2, 1, 3).numpy()
    found_loss, dx, dw, dr, _ = run(gradient, feed)

    np.testing.assert_allclose(found_loss, loss.item(), rtol=1e-4)
    np.testing.assert_allclose(dx, expected[0], rtol=1e-4, atol=1e-5)
    for kind, found in (("weight_ih", dw), ("weight_hh", dr)):
        index = [name for name, _ in layer.named_parameters()].index(f"{kind}_l0")
        chunks = np.split(expected[1 + index].numpy(), len(order))
        np.testing.assert_allclose(found[0], np.concatenate([chunks[k] for k in order]), rtol=1e-4, atol=1e-5)
