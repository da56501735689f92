"""``declnet.gradient``: any ONNX model in, the same model with gradients out."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

import declnet
from declnet.errors import BackendError, GraphError
from declnet.target import NEWEST_OPSET

X = np.array([[1.0, -2.0, 0.5], [0.3, 0.8, -1.1]], np.float32)
W = np.array([[0.2, -0.4], [0.5, 0.1], [-0.3, 0.7]], np.float32)
MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
net (float[N, 3] x) => (float[N, 2] y, float loss)
<float[3, 2] w = {0.2, -0.4, 0.5, 0.1, -0.3, 0.7}>
{
    h = MatMul (x, w)
    y = Tanh (h)
    square = Mul (y, y)
    loss = ReduceSum <keepdims = 0> (square)
}
"""


def expected(x=X, w=W):
    """By hand, in float64: of sum(tanh(x w)²)."""
    y = np.tanh(x.astype(float) @ w)
    dh = 2 * y * (1 - y**2)
    return dh @ w.T, x.T.astype(float) @ dh


def test_inputs_and_initializers(run):
    """Its own outputs come first, then one gradient for each name, in order."""
    model = declnet.gradient(parser.parse_model(MODEL), loss="loss", wrt=["w", "x"])
    found = run(model, {"x": X, "w": W})
    dx, dw = expected()

    assert ["y", "loss", "w_grad", "x_grad"] == list(found)
    np.testing.assert_allclose(dx, found["x_grad"], rtol=1e-5)
    np.testing.assert_allclose(dw, found["w_grad"], rtol=1e-5)


def test_the_result_is_a_valid_model():
    model = declnet.gradient(parser.parse_model(MODEL), loss="loss", wrt=["w"])
    onnx.checker.check_model(model, full_check=True)

    assert ["x", "w"] == [value.name for value in model.graph.input]
    assert "w" not in [tensor.name for tensor in model.graph.initializer]


def test_the_model_given_is_left_alone():
    given = parser.parse_model(MODEL)
    before = given.SerializeToString()
    declnet.gradient(given, loss="loss", wrt=["w"])

    assert before == given.SerializeToString()


def test_the_loss_may_be_any_value_inside(run):
    text = MODEL.replace("(float[N, 2] y, float loss)", "(float[N, 2] y)")
    model = declnet.gradient(parser.parse_model(text), loss="loss", wrt=["x"])

    np.testing.assert_allclose(expected()[0], run(model, {"x": X})["x_grad"], rtol=1e-5)


def test_gradient_of_a_gradient(run):
    """The result is an ONNX model like any other."""
    once = declnet.gradient(parser.parse_model(MODEL), loss="loss", wrt=["x"])
    once.graph.node.append(helper.make_node("ReduceSum", ["x_grad"], ["slope"], keepdims=0))
    twice = declnet.gradient(once, loss="slope", wrt=["x"])
    step = 1e-5
    numeric = np.zeros(X.shape)
    for place in np.ndindex(X.shape):
        moved = X.astype(float)
        moved[place] += step
        above = expected(moved)[0].sum()
        moved[place] -= 2 * step
        numeric[place] = (above - expected(moved)[0].sum()) / (2 * step)

    np.testing.assert_allclose(numeric, run(twice, {"x": X})["x_grad_1"], rtol=1e-3, atol=1e-4)


def test_local_functions(run):
    """A model's own functions are differentiated like what they are made of."""
    model = parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 18, "local" : 1]>
    net (float[N, 3] x) => (float loss) {
        y = local.cube (x)
        loss = ReduceSum <keepdims = 0> (y)
    }
    <domain: "local", opset_import: ["" : 18]>
    cube (a) => (b) {
        square = Mul (a, a)
        b = Mul (square, a)
    }
    """)
    found = run(declnet.gradient(model, loss="loss", wrt=["x"]), {"x": X})

    np.testing.assert_allclose(3 * X**2, found["x_grad"], rtol=1e-5)


def test_older_opsets_are_converted(run):
    """Opset 11 gave Squeeze and ReduceSum their axes as attributes."""
    model = parser.parse_model("""
    <ir_version: 6, opset_import: ["" : 11]>
    net (float[N, 3, 1] x) => (float loss) {
        y = Squeeze <axes = [2]> (x)
        z = Mul (y, y)
        loss = ReduceSum <keepdims = 0, axes = [0, 1]> (z)
    }
    """)
    x = X[:, :, None]

    np.testing.assert_allclose(
        2 * x, run(declnet.gradient(model, loss="loss", wrt=["x"]), {"x": x})["x_grad"], rtol=1e-6
    )


def test_the_target_says_which_versions_are_written(run):
    """An old model is converted to its opset; the file is in its format."""
    target = declnet.Target("older", opset=18, ir_version=8)
    old = parser.parse_model("""
    <ir_version: 6, opset_import: ["" : 11]>
    net (float[N, 3] x) => (float loss) {
        y = Tanh (x)
        loss = ReduceSum <keepdims = 0, axes = [0, 1]> (y)
    }
    """)
    made = declnet.gradient(old, loss="loss", wrt=["x"], target=target)

    assert 8 == made.ir_version
    assert [18] == [entry.version for entry in made.opset_import]
    np.testing.assert_allclose(1 - np.tanh(X) ** 2, run(made, {"x": X})["x_grad"], rtol=1e-5)


def test_constants_inside_the_model(run):
    """Constant nodes tell shapes and axes as initializers do."""
    model = parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 18]>
    net (float[N, 3] x) => (float loss) {
        axes = Constant <value_ints = [1]> ()
        two = Constant <value_float = 2.0> ()
        m = ReduceMax <keepdims = 0> (x, axes)
        p = Pow (m, two)
        loss = ReduceSum <keepdims = 0> (p)
    }
    """)
    found = run(declnet.gradient(model, loss="loss", wrt=["x"]), {"x": X})

    np.testing.assert_allclose(2 * X * (X == X.max(1, keepdims=True)), found["x_grad"], rtol=1e-6)


def _with_spare():
    text = MODEL.replace("(float[N, 3] x)", "(float[N, 3] x, float[K] spare, int64[2] count)")
    return parser.parse_model(text)


@pytest.mark.parametrize(
    ("how", "message", "hint"),
    [
        ({"loss": "los", "wrt": ["w"]}, "no value 'los' (loss); did you mean 'loss'?", None),
        ({"loss": "y", "wrt": ["w"]}, "is not a scalar", "reduce it"),
        ({"loss": "loss", "wrt": ["weight"]}, "no value 'weight'", "allowed: 'w', 'h', 'spare' and 5 more"),
        ({"loss": "loss", "wrt": "w"}, "wrt is 'w'", "a list of names"),
        ({"loss": "loss", "wrt": []}, "wrt is []", "a list of names"),
        ({"loss": "loss", "wrt": ["w", "x", "w"]}, "names 'w' twice", None),
        ({"loss": "loss", "wrt": ["h"]}, "'h', which a node makes", "inputs and initializers"),
        ({"loss": "loss", "wrt": ["count"]}, "count", "floating-point tensors"),
        ({"loss": "loss", "wrt": ["w", "spare"]}, "does not depend on 'spare'", "allow_unused=True"),
    ],
)
def test_wrong_questions(how, message, hint):
    """Each mistake is named, with what is allowed or what to do."""
    with pytest.raises(GraphError) as caught:
        declnet.gradient(_with_spare(), **how)
    shown = str(caught.value)

    assert "DN3003" in shown
    assert message in shown
    assert hint is None or hint in shown
    assert len(shown.splitlines()) <= 6


def test_an_unknown_target_is_refused():
    with pytest.raises(BackendError, match="unknown target 'phone'") as caught:
        declnet.gradient(parser.parse_model(MODEL), loss="loss", wrt=["w"], target="phone")

    assert "'standard', 'training', 'web'" in str(caught.value)


def test_unused_may_be_allowed(run):
    """Then they get zeros of their shape."""
    model = declnet.gradient(_with_spare(), loss="loss", wrt=["spare"], allow_unused=True)

    assert [0, 0] == run(model, {"x": X, "spare": np.ones(2, np.float32), "count": np.zeros(2, int)})[
        "spare_grad"
    ].tolist()


def test_an_invalid_model_is_refused():
    model = parser.parse_model(MODEL)
    model.graph.node[0].input[0] = "nothing"
    with pytest.raises(GraphError, match="the model cannot be read"):
        declnet.gradient(model, loss="loss", wrt=["w"])


def test_missing_external_data_is_refused(tmp_path):
    model = parser.parse_model(MODEL)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(W, "w"))
    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    onnx.save(model, tmp_path / "net.onnx")
    (tmp_path / "weights.bin").unlink()
    lacking = onnx.load(tmp_path / "net.onnx", load_external_data=False)
    with pytest.raises(GraphError, match=r"'w' for one, are not in the model but in 'weights.bin'"):
        declnet.gradient(lacking, loss="loss", wrt=["w"])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("net.onnx", "the model is a str, not an onnx.ModelProto"),
        (None, "the model is a NoneType"),
        (onnx.ModelProto(), "cannot be read"),
        (parser.parse_model(MODEL.replace('"" : 18', '"" : 99')), "of opset 99, which onnx .* does not know"),
    ],
)
def test_no_model(model, message):
    """A path, nothing, an empty model, or one from the future."""
    with pytest.raises(GraphError, match=message):
        declnet.gradient(model, loss="loss", wrt=["w"])


@pytest.mark.skipif(onnx.defs.onnx_opset_version() <= NEWEST_OPSET, reason="onnx knows no newer opset")
def test_an_opset_newer_than_the_rules_is_refused():
    """Its operators may mean something of which the rules know nothing: SpaceToDepth has a mode in opset 28."""
    model = parser.parse_model(MODEL.replace('"" : 18', f'"" : {NEWEST_OPSET + 1}'))

    with pytest.raises(GraphError, match="has not been held against") as caught:
        declnet.gradient(model, loss="loss", wrt=["w"])
    assert f"opset {NEWEST_OPSET} or less" == caught.value.diagnostics[0].allowed


def test_the_oldest_scan_is_refused():
    """onnx's converter leaves it as it is, which later opsets read otherwise."""
    scan = helper.make_node("Scan", ["", "x"], ["y"], num_scan_inputs=1, body=parser.parse_graph(
        "body (float[2] a) => (float[2] b) { b = Neg (a) }"
    ))  # fmt: skip
    graph = helper.make_graph(
        [scan],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 8)], ir_version=3)
    with pytest.raises(GraphError, match="the Scan of opset 8"):
        declnet.gradient(model, loss="y", wrt=["x"])


def test_an_integer_loss_is_refused():
    model = parser.parse_model(MODEL.replace("square =", "n = Size (y)\n    square ="))
    with pytest.raises(GraphError, match="not a floating-point value"):
        declnet.gradient(model, loss="n", wrt=["w"])


def test_what_hangs_on_a_parameter_is_not_taken_for_constant(run):
    """An initializer that becomes an input may have any value: nothing is computed from the stored one."""
    model = parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 18]>
    net (float[N, 2] x) => (float loss)
    <float[1] p = {2.0}>
    {
        q = Mul (p, p)
        y = Pow (x, q)
        loss = ReduceSum <keepdims = 0> (y)
    }
    """)
    x = np.array([[1.5, 0.5]], np.float32)
    found = run(declnet.gradient(model, loss="loss", wrt=["p", "x"]), {"x": x, "p": np.array([1.2], np.float32)})

    np.testing.assert_allclose(1.44 * x**0.44, found["x_grad"], rtol=1e-5)
    np.testing.assert_allclose(2.4 * np.sum(x**1.44 * np.log(x)), found["p_grad"][0], rtol=1e-5)


def test_an_if_whose_condition_is_known_is_its_branch(run):
    """What it asks, the rank of the input, is known while the model is read."""
    model = parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 18]>
    net (float[N, 3] x) => (float loss)
    <int64 two = {2}>
    {
        shape = Shape (x)
        rank = Size (shape)
        flat = Equal (rank, two)
        y = If (flat) <
            then_branch = plain () => (float[N, 3] a) { a = Mul (x, x) },
            else_branch = other () => (float[1] b) { b = Unique (x) }
        >
        loss = ReduceSum <keepdims = 0> (y)
    }
    """)
    made = declnet.gradient(model, loss="loss", wrt=["x"])

    assert "If" not in [node.op_type for node in made.graph.node]
    np.testing.assert_allclose(2 * X, run(made, {"x": X})["x_grad"], rtol=1e-6)


def test_shapes_that_the_model_computes(run):
    """A rank that hangs on computed shapes is known, so that products can be differentiated."""
    model = parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 18]>
    net (float[N, 3, 4] x) => (float loss)
    <int64[1] one = {1}, int64[1] end = {3}, int64[1] zero = {0}, int64[1] rest = {-1}>
    {
        shape = Shape (x)
        batch = Slice (shape, zero, one)
        inner = Slice (shape, one, end)
        length = ReduceProd (inner)
        wanted = Concat <axis = 0> (batch, length)
        flat = Reshape (x, wanted)
        turned = Transpose (flat)
        y = MatMul (flat, turned)
        loss = ReduceSum <keepdims = 0> (y)
    }
    """)
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

    found = run(declnet.gradient(model, loss="loss", wrt=["x"]), {"x": x})["x_grad"]
    np.testing.assert_allclose(np.broadcast_to(2 * x.sum(0), x.shape), found, rtol=1e-6)


def test_against_torch(torch, run):
    """A small convolutional network with batch norm and dropout switched off, against torch's autograd."""
    shapes = {"k": (4, 2, 3, 3), "s": (4,), "b": (4,), "w": (36, 5), "c": (5,)}
    random = np.random.default_rng(0)
    given = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    given |= {"x": random.normal(size=(6, 2, 6, 6)).astype(np.float32), "t": random.integers(0, 5, 6)}
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["conv", "s", "b", "m", "v"], ["norm", "m2", "v2"], training_mode=1),
        helper.make_node("Gelu", ["norm"], ["act"]),
        helper.make_node("MaxPool", ["act"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "c"], ["scores"]),
        helper.make_node("SoftmaxCrossEntropyLoss", ["scores", "t"], ["loss"]),
    ]
    stored = [numpy_helper.from_array(given[name], name) for name in shapes]
    stored += [numpy_helper.from_array(np.full(4, fill, np.float32), name) for name, fill in (("m", 0), ("v", 1))]
    graph = helper.make_graph(
        nodes,
        "net",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, 6, 6]),
            helper.make_tensor_value_info("t", TensorProto.INT64, ["N"]),
        ],
        [helper.make_tensor_value_info("loss", TensorProto.FLOAT, [])],
        stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    names = ["x", *shapes]
    found = run(declnet.gradient(model, loss="loss", wrt=names), given)
    tensors = {name: torch.tensor(given[name], requires_grad=True) for name in names}
    y = torch.nn.functional.conv2d(tensors["x"], tensors["k"], padding=1)
    y = torch.nn.functional.batch_norm(y, torch.zeros(4), torch.ones(4), tensors["s"], tensors["b"], True)
    y = torch.nn.functional.max_pool2d(torch.nn.functional.gelu(y), 2).flatten(1)
    loss = torch.nn.functional.cross_entropy(y @ tensors["w"] + tensors["c"], torch.tensor(given["t"]))
    loss.backward()

    np.testing.assert_allclose(loss.item(), found["loss"], rtol=1e-5)
    for name in names:
        reference = tensors[name].grad.numpy()
        np.testing.assert_allclose(reference, found[f"{name}_grad"], rtol=1e-4, atol=1e-4 * np.abs(reference).max())


@pytest.mark.parametrize(
    "how",
    [
        {"kernel_shape": [3, 3], "strides": [2, 2]},
        {"kernel_shape": [3, 3], "strides": [1, 2], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [2, 3], "strides": [2, 2], "dilations": [2, 1]},
        {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [2, 2], "strides": [2, 2]},
    ],
    ids=str,
)
def test_the_web_target_needs_no_indices_of_maxima(how):
    """Browsers lack that output of MaxPool; the gradient is the same, on zeros and ties, too."""
    pool = helper.make_node("MaxPool", ["x"], ["y"], **how)
    weigh = helper.make_node("Mul", ["y", "r"], ["z"])
    total = helper.make_node("ReduceSum", ["z"], ["loss"], keepdims=0)
    x = helper.make_tensor_value_info("x", 1, ["N", 2, 7, 8])
    r = helper.make_tensor_value_info("r", 1, ["N", 2, "H", "W"])
    loss = helper.make_tensor_value_info("loss", 1, [])
    graph = helper.make_graph([pool, weigh, total], "pool", [x, r], [loss])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    image = np.random.default_rng(0).integers(-2, 2, (3, 2, 7, 8)).astype("float32")
    forward = onnxruntime.InferenceSession(
        helper.make_model(
            helper.make_graph([pool], "pool", [x], [helper.make_tensor_value_info("y", 1, ["N", 2, "H", "W"])]),
            opset_imports=[helper.make_opsetid("", 21)],
            ir_version=10,
        ).SerializeToString()
    )
    shape = forward.run(None, {"x": image})[0].shape
    feed = {"x": image, "r": np.random.default_rng(1).standard_normal(shape).astype("float32")}
    found = {}
    for target in ("standard", "web"):
        made = declnet.gradient(model, loss="loss", wrt=["x"], target=target)
        session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
        found[target] = session.run(["x_grad"], feed)[0]

    assert [1] * sum(n.op_type == "MaxPool" for n in made.graph.node) == [
        len(node.output) for node in made.graph.node if node.op_type == "MaxPool"
    ]
    np.testing.assert_allclose(found["web"], found["standard"], rtol=1e-5, atol=1e-6)
