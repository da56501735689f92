"""Scan, Loop and If: gradients against central differences of the same model in double precision."""

import numpy as np
import onnx
import onnxruntime
import pytest

import declnet
from declnet.errors import MissingGradient
from declnet.graph import Graph, to_model

STEPS, BATCH, INPUTS, HIDDEN = 4, 3, 2, 3


def run(proto, feed):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if any(array.dtype == np.float64 for array in feed.values()):
        # onnxruntime-training 1.19 fuses Transpose and MatMul for double too, without a kernel.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape) * 0.7


def model(build, feed, dtype, shapes):
    """``build(graph, **values)`` gives outputs; their products with fixed numbers are summed up."""
    graph = Graph("control")
    values = {
        name: graph.input(name, array.dtype if array.dtype.kind != "f" else dtype, shapes.get(name, array.shape))
        for name, array in feed.items()
    }
    parts = []
    for k, value in enumerate(build(graph, dtype, **values)):
        wave = graph.Sin(graph.Cast(graph.Range(k, graph.Size(value) + k, 1), to=value.dtype))
        parts.append(graph.ReduceSum(graph.Reshape(value, [-1]) * wave, keepdims=0))
    graph.output(graph.Sum(*parts), "loss")
    return to_model(graph)


def check(build, feed, *, wrt=None, shapes=None, target="standard", order=2, tolerance=2e-4):
    """Assert that the gradient, and that of the gradient's squares, equal central differences in float64."""
    wrt = wrt or [name for name, array in feed.items() if array.dtype.kind == "f"]
    double = model(build, feed, np.float64, {})
    single = model(build, feed, np.float32, shapes or {})
    gradient = declnet.gradient(single, loss="loss", wrt=wrt, target=target)
    onnx.checker.check_model(gradient, full_check=True)
    small = {k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in feed.items()}
    found = run(gradient, small)[1:]
    expected = differences(lambda arrays: run(double, arrays)[0], feed, wrt)
    compare(wrt, expected, found, tolerance)
    if order == 2:
        exact = declnet.gradient(double, loss="loss", wrt=wrt, target=target)
        squares = with_squares(gradient, onnx.TensorProto.FLOAT, len(wrt))
        second = declnet.gradient(squares, loss="squares", wrt=wrt, target=target, allow_unused=True)
        found = run(second, small)[1:]
        total = lambda arrays: sum(np.sum(dx**2) for dx in run(exact, arrays)[1:])  # noqa: E731
        compare(wrt, differences(total, feed, wrt), found, 10 * tolerance)


def differences(function, feed, names):
    """Central differences of a function of arrays, array by array."""
    found = []
    for name in names:
        slopes = np.zeros(feed[name].shape)
        for place in np.ndindex(slopes.shape):
            values = []
            for distance in (1e-5, -1e-5):
                moved = {k: v.copy() for k, v in feed.items()}
                moved[name][place] += distance
                values.append(function(moved))
            slopes[place] = (values[0] - values[1]) / 2e-5
        found.append(slopes)
    return found


def compare(names, expected, found, tolerance):
    for name, a, b in zip(names, expected, found):
        np.testing.assert_allclose(b, a, rtol=0, atol=tolerance * max(1, np.abs(a).max()), err_msg=name)


def with_squares(proto, dtype, count):
    """*proto* with one output only: the sum of the squares of its last *count* outputs."""
    squares = onnx.ModelProto()
    squares.CopyFrom(proto)
    names = [output.name for output in proto.graph.output][-count:]
    for name in names:
        squares.graph.node.append(onnx.helper.make_node("ReduceSumSquare", [name], [f"{name}²"], keepdims=0))
    squares.graph.node.append(onnx.helper.make_node("Sum", [f"{name}²" for name in names], ["squares"]))
    del squares.graph.output[:]
    squares.graph.output.append(onnx.helper.make_tensor_value_info("squares", dtype, []))
    return squares


def body_of(graph, dtype, **shapes):
    """A body below *graph*, and its inputs."""
    body = Graph("body", parent=graph)
    return body, *(body.input(name, dtype, shape) for name, shape in shapes.items())


RECURRENT = {
    "x": normal(STEPS, BATCH, INPUTS),
    "h": normal(BATCH, HIDDEN),
    "w": normal(INPUTS, HIDDEN),
    "r": normal(HIDDEN, HIDDEN),
    "b": normal(HIDDEN),
}


def recurrent(graph, dtype, x, h, w, r, b):
    """A plain recurrent network: the last state, and the product of each state with the one before."""
    body, before, item = body_of(graph, dtype, before=[BATCH, HIDDEN], item=[BATCH, INPUTS])
    after = body.Tanh(item @ w + before @ r + b)
    body.output(after)
    body.output(after * before)
    return graph.Scan(h, x, body=body, num_scan_inputs=1, outputs=2)


# --- Scan -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["standard", "web"])
def test_recurrent_network(target):
    """A matrix, a bias and a first state from outside the body."""
    check(recurrent, RECURRENT, target=target)


def test_each_input_alone():
    for name in RECURRENT:
        check(recurrent, RECURRENT, wrt=[name], order=1)


def test_symbolic_lengths():
    """Neither the number of steps nor the batch is known when the graph is made."""

    def build(graph, dtype, x, h, w, r, b):
        body, before, item = body_of(graph, dtype, before=["N", HIDDEN], item=["N", INPUTS])
        after = body.Tanh(item @ w + before @ r + b)
        body.output(after)
        body.output(after * before)
        return graph.Scan(h, x, body=body, num_scan_inputs=1, outputs=2)

    check(build, RECURRENT, shapes={"x": ["T", "N", INPUTS], "h": ["N", HIDDEN]})


def test_weights_outside_the_loop():
    """The gradient of a matrix is one product over all steps: no state of its shape is carried."""
    proto = model(recurrent, RECURRENT, np.float32, {})
    gradient = declnet.gradient(proto, loss="loss", wrt=["w", "r", "b"])
    forward, backward = [node for node in gradient.graph.node if node.op_type == "Scan"]
    body = next(each.g for each in backward.attribute if each.name == "body")
    rows = [node for node in gradient.graph.node if node.op_type == "Gemm"]

    assert 1 + 1 == len(forward.input)
    assert 1 == len(backward.input) - next(each.i for each in backward.attribute if each.name == "num_scan_inputs")
    assert ["Gemm"] == [node.op_type for node in body.node if node.op_type in ("Gemm", "MatMul")]
    assert 2 == len(rows)


@pytest.mark.parametrize("target", ["standard", "web"])
@pytest.mark.parametrize("backward", [[0, 0], [1, 0], [0, 1], [1, 1]], ids=str)
def test_directions_and_axes(backward, target):
    """Sequences along other axes, read or written from the end."""

    def build(graph, dtype, x, y, w):
        body, a, b, item, other = body_of(graph, dtype, a=[2], b=[3], item=[3], other=[3, 2])
        a_next = body.Sigmoid(a + item @ w)
        b_next = b * item + other @ a_next
        for value in (a_next, b_next, body.Mul(b, b_next), other * a_next):
            body.output(value)
        return graph.Scan(
            np.array([0.1, 0.2], dtype), np.array([0.3, -0.2, 0.5], dtype), x, y,
            body=body, num_scan_inputs=2, outputs=4, scan_input_axes=[1, -1], scan_input_directions=backward,
            scan_output_axes=[1, 2], scan_output_directions=backward[::-1],
        )  # fmt: skip

    check(build, {"x": normal(3, STEPS), "y": normal(3, 2, STEPS), "w": normal(3, 2)}, target=target)


def test_matrix_on_the_left_and_matrices_in_a_batch():
    """The product over all steps where the matrix comes first; a sum step by step where it is one of a batch."""

    def build(graph, dtype, x, left, batch):
        body, state, item = body_of(graph, dtype, state=[2, 3], item=[2, 3])
        after = body.Tanh(body.MatMul(left, state) + item + body.ReduceSum(body.MatMul(batch, item), [0], keepdims=0))
        body.output(after)
        return graph.Scan(np.full((2, 3), 0.1, dtype), x, body=body, num_scan_inputs=1, outputs=1)

    check(build, {"x": normal(STEPS, 2, 3), "left": normal(2, 2), "batch": normal(3, 2, 2)})


def test_whole_numbers_and_states_that_stay():
    """A counter without a gradient, and a matrix that is carried along instead of captured."""

    def build(graph, dtype, x, w):
        body, carried, state, item = body_of(graph, dtype, carried=[2, 2], state=[2], item=[2])
        count = body.input("count", np.int64, [])
        body.ir.inputs.insert(0, body.ir.inputs.pop())
        after = body.Tanh(state @ carried + item * body.Cast(count, to=item.dtype))
        for value in (count + 1, body.Identity(carried), after, body.Mul(after, after)):
            body.output(value)
        made = graph.Scan(np.int64(1), w, np.zeros(2, dtype), x, body=body, num_scan_inputs=1, outputs=4)
        return made[2:]

    check(build, {"x": normal(STEPS, 2), "w": normal(2, 2)})


def test_state_that_the_loss_does_not_read():
    """Only the stacked output reaches the loss."""
    check(lambda *args, **values: recurrent(*args, **values)[1:], RECURRENT)


def test_scan_in_a_scan():
    """The inner loop reads what the outer one makes at each step."""

    def build(graph, dtype, x, w):
        body, state, rows = body_of(graph, dtype, state=[2], rows=[3, 2])
        scaled = state * 0.5
        inner, total, row = body_of(body, dtype, total=[2], row=[2])
        inner.output(inner.Tanh(total + row * scaled + row @ w))
        last = body.Scan(scaled, rows, body=inner, num_scan_inputs=1)
        body.output(last)
        body.output(last * state)
        return graph.Scan(np.array([0.4, -0.3], dtype), x, body=body, num_scan_inputs=1, outputs=2)

    check(build, {"x": normal(STEPS, 3, 2), "w": normal(2, 2)})


def test_operator_that_has_only_a_published_body():
    """It is expanded inside the body too."""

    def build(graph, dtype, x):
        body, state, item = body_of(graph, dtype, state=[2, 3], item=[2, 3])
        body.output(body.Tanh(state + normalized(body, item * state, dtype)))
        return graph.Scan(np.full((2, 3), 0.2, dtype), x, body=body, num_scan_inputs=1, outputs=1)

    def normalized(body, x, dtype):
        if dtype is np.float32:
            return body.MeanVarianceNormalization(x, axes=[1])
        centred = x - body.ReduceMean(x, [1])
        return centred / body.Sqrt(body.ReduceMean(centred * centred, [1]))

    check(build, {"x": normal(STEPS, 2, 3)}, order=1)


def test_missing_gradient_in_a_body_names_the_operator():
    def build(graph, dtype, x):
        body, state, item = body_of(graph, dtype, state=[1, 3, 2, 2], item=[1, 3, 4, 4])
        body.output(state + body.MaxRoiPool(item, np.zeros((1, 5), dtype), pooled_shape=[2, 2]))
        return graph.Scan(np.zeros((1, 3, 2, 2), dtype), x, body=body, num_scan_inputs=1, outputs=1)

    proto = model(build, {"x": normal(STEPS, 1, 3, 4, 4)}, np.float32, {})

    with pytest.raises(MissingGradient, match="operator MaxRoiPool"):
        declnet.gradient(proto, loss="loss", wrt=["x"])


def test_value_that_is_both_input_and_captured():
    """Both ways count."""

    def build(graph, dtype, x, h):
        body, state, item = body_of(graph, dtype, state=[2], item=[2])
        body.output(body.Tanh(state * item + h))
        return graph.Scan(h, x, body=body, num_scan_inputs=1, outputs=1)

    check(build, {"x": normal(STEPS, 2), "h": normal(2)})


# --- Loop -----------------------------------------------------------------------------------------------------


def looped(trips, limit=None):
    """A Loop over the rows of x; with *limit*, while the sum of the state is below it."""

    def build(graph, dtype, x, h, r):
        body = Graph("body", parent=graph)
        at, going = body.input("at", np.int64, []), body.input("going", bool, [])
        state = body.input("state", dtype, [HIDDEN])
        after = body.Tanh(state @ r + body.Gather(x, at, axis=0))
        goes_on = body.Identity(going) if limit is None else body.Less(body.ReduceSum(after, keepdims=0), limit)
        body.output(goes_on)
        body.output(after)
        body.output(body.Mul(after, state))
        count = None if trips is None else np.int64(trips)
        return graph.Loop(count, np.bool_(True), h, body=body, outputs=2)

    return build


LOOPED = {"x": np.abs(normal(STEPS, HIDDEN)), "h": -np.abs(normal(HIDDEN)), "r": normal(HIDDEN, HIDDEN)}


@pytest.mark.parametrize("target", ["standard", "web"])
def test_loop_with_a_trip_count(target):
    check(looped(STEPS), LOOPED, target=target)


def test_loop_that_ends_when_the_data_says_so():
    """The gradient goes back over the iterations that were made."""
    check(looped(STEPS, limit=0.5), LOOPED)


def test_loop_whose_stacked_output_is_left_out():
    def build(graph, dtype, **values):
        return looped(STEPS)(graph, dtype, **values)[:1]

    check(build, LOOPED)


# --- If -------------------------------------------------------------------------------------------------------


def branched(graph, dtype, x, w, b, condition):
    """Two branches that read different values from outside; the loss reads both outputs."""
    hidden = graph.Tanh(x @ w)
    then, other = Graph("then", parent=graph), Graph("other", parent=graph)
    then.output(then.Sigmoid(then.Mul(hidden, b)))
    then.output(then.Identity(x))
    other.output(other.Exp(hidden))
    other.output(other.Mul(x, x))
    first, second = graph.If(condition, then_branch=then, else_branch=other, outputs=2)
    return first * hidden, second


@pytest.mark.parametrize("condition", [True, False])
def test_if(condition):
    """A value that only one branch reads has the gradient zero in the other."""
    feed = {"x": normal(BATCH, INPUTS), "w": normal(INPUTS, HIDDEN), "b": normal(HIDDEN)}
    check(branched, {**feed, "condition": np.array(condition)})


@pytest.mark.parametrize("positive", [True, False])
def test_if_in_a_scan(positive):
    """At each step the sign of the state decides."""

    def build(graph, dtype, x, w):
        body, state, item = body_of(graph, dtype, state=[2], item=[2])
        then, other = Graph("then", parent=body), Graph("other", parent=body)
        then.output(then.Tanh(then.MatMul(item, w)))
        other.output(other.Mul(state, item))
        condition = body.Greater(body.ReduceSum(state, keepdims=0), 0.0)
        after = body.If(condition, then_branch=then, else_branch=other, types=[(dtype, [2])])
        body.output(after - item * 0.5)
        return graph.Scan(np.array([0.6 if positive else -0.6, 0.1], dtype), x, body=body, num_scan_inputs=1, outputs=1)

    check(build, {"x": normal(STEPS, 2), "w": normal(2, 2)})


def test_random_numbers_in_a_branch_are_refused():
    def build(graph, dtype, x, condition):
        then, other = Graph("then", parent=graph), Graph("other", parent=graph)
        then.output(then.Mul(x, then.RandomNormalLike(x)))
        other.output(other.Identity(x))
        return graph.If(condition, then_branch=then, else_branch=other, outputs=1)

    proto = model(build, {"x": normal(3), "condition": np.array(True)}, np.float32, {})

    with pytest.raises(MissingGradient, match="draws random numbers"):
        declnet.gradient(proto, loss="loss", wrt=["x"])
