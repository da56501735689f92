"""Which rule is asked: by what it needs and the target has, plugins before declnet, the next where one declines."""

import numpy as np
import pytest

from declnet.autodiff import BUILT_IN, Rules, differentiate, flat, gradient
from declnet.autodiff.formula import by_formula
from declnet.autodiff.registry import decomposition
from declnet.errors import GraphError, MissingGradient, PluginError
from declnet.graph import Graph, dims, prune, to_model, verify
from declnet.target import STANDARD, Target

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], np.float32)
RELU = (X > 0).astype(np.float32)
EXAMPLE = Target("example", domains=frozenset({"com.example"}))
BOTH = Target("both", domains=frozenset({"com.example", "com.other"}))


def times(factor, op="Relu", **how):
    """A rule that can be told from others."""
    return gradient(op, **how)(lambda node, dy: (dy * factor,))


def declined(op="Relu", **how):
    """A rule that takes no configuration."""
    return gradient(op, **how)(lambda node, *dys: NotImplemented)


def gradient_of(run, op, *entries, target=STANDARD, feed=None, **attributes):
    """The gradient of the sum of an operator's output by its first input."""
    graph = Graph()
    values = [graph.input(name, array.dtype, array.shape) for name, array in (feed or {"x": X}).items()]
    (y,) = graph.op(op, *values, outputs=1, **attributes)
    rules = Rules(entries, below=BUILT_IN)
    [dx] = differentiate(graph, graph.ReduceSum(y * y, keepdims=0), values[:1], target=target, rules=rules)
    graph.output(dx, "dx")
    return run(to_model(verify(prune(graph), "differentiation")), feed or {"x": X})["dx"]


def twice_relu(factor):
    """What ``gradient_of`` gives for Relu by a rule that takes *factor* for the derivative."""
    return 2 * np.maximum(X, 0) * factor


@pytest.mark.parametrize(("target", "factor"), [(STANDARD, RELU), (EXAMPLE, 5), (BOTH, 5)])
def test_a_rule_is_asked_where_its_needs_are_met(run, target, factor):
    """Elsewhere it is as if it were not there."""
    found = gradient_of(run, "Relu", times(5, needs={"com.example"}), target=target)

    np.testing.assert_allclose(twice_relu(factor), found)


def test_more_needs_come_first(run):
    """In whatever order the forms are offered; where the target lacks a domain, the next has its turn."""
    forms = [times(2), times(3, needs={"com.example"}), times(4, needs={"com.example", "com.other"})]
    found = [
        gradient_of(run, "Relu", *order, target=target) / (2 * np.maximum(X, 1e-9))
        for order in (forms, forms[::-1])
        for target in (STANDARD, EXAMPLE, BOTH)
    ]

    assert 2 * [2, 3, 4] == [round(float(each.max())) for each in found]


def test_of_equal_ones_the_first_is_asked(run):
    """As many needs, but others: the order is that in which they are offered."""
    forms = [times(2, needs={"com.other"}), times(3, needs={"com.example"})]

    np.testing.assert_allclose(twice_relu(2), gradient_of(run, "Relu", *forms, target=BOTH))
    np.testing.assert_allclose(twice_relu(3), gradient_of(run, "Relu", *forms[::-1], target=BOTH))


def test_a_plugin_s_rule_without_needs_comes_before_declnet_s_with_needs(run):
    """Whose it is decides first, what it needs second."""
    below = Rules([times(2, needs={"com.example"}), times(3)], below=BUILT_IN)
    graph = Graph()
    x = graph.input("x", np.float32, X.shape)
    loss = graph.ReduceSum(graph.Relu(x), keepdims=0)
    [dx] = differentiate(graph, loss, [x], target=EXAMPLE, rules=Rules([times(7)], below=below))
    graph.output(dx, "dx")

    np.testing.assert_allclose(np.full_like(X, 7), run(to_model(prune(graph)), {"x": X})["dx"])


def test_the_next_is_asked_where_a_rule_declines(run):
    """First the plugin's own, in the end the built-in one."""
    forms = [declined(needs={"com.example", "com.other"}), declined(needs={"com.example"}), declined()]

    np.testing.assert_allclose(twice_relu(3), gradient_of(run, "Relu", *forms[:2], times(3), target=BOTH))
    np.testing.assert_allclose(twice_relu(RELU), gradient_of(run, "Relu", *forms, target=BOTH))


NORMALIZED = {
    "x": np.linspace(-1, 2, 24, dtype=np.float32).reshape(2, 4, 3) ** 3,
    "scale": np.float32([1, 2, 3, 4]),
    "bias": np.float32([0, 1, 0, 1]),
}
SEQUENCE = {
    name: np.sin(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)
    for name, shape in (("x", (4, 2, 3)), ("w", (1, 8, 3)), ("r", (1, 8, 2)))
}


@pytest.mark.parametrize(
    ("op", "feed", "attributes"),
    [
        ("GroupNormalization", NORMALIZED, {"num_groups": 2}),
        ("LSTM", SEQUENCE, {"hidden_size": 2}),
    ],
)
def test_a_body_or_a_decomposition_follows_too(run, op, feed, attributes):
    """An operator that has no rule but a plugin's, which declines, is differentiated as if that were not there."""
    expected = gradient_of(run, op, feed=feed, **attributes)

    assert 0 < np.abs(expected).max()
    found = gradient_of(run, op, declined(op), feed=feed, **attributes)
    np.testing.assert_allclose(expected, found, rtol=1e-5, atol=1e-6)


def test_a_decomposition_takes_the_place_of_a_rule(run):
    """The one of a plugin comes before the rule of declnet."""
    halved = decomposition("Relu")(lambda node: [node.graph.Max(node.input(0), 0.0) * 0.5])
    found = gradient_of(run, "Relu", halved)

    np.testing.assert_allclose(twice_relu(0.25 * RELU), found)


def gradient_beside(run, op, entry):
    """The gradient of x + op(x), summed up."""
    graph = Graph()
    x = graph.input("x", np.float32, X.shape)
    loss = graph.ReduceSum(x + graph.op(op, x), keepdims=0)
    graph.output(differentiate(graph, loss, [x], rules=Rules([entry], below=BUILT_IN))[0], "dx")
    return run(to_model(verify(prune(graph), "differentiation")), {"x": X})["dx"]


def test_a_flat_operator_stays_flat_where_a_rule_declines(run):
    """What flows past it is all that there is."""
    found = gradient_beside(run, "Round", declined("Round"))

    np.testing.assert_array_equal(np.ones_like(X), found)


def twisted(*entries, target=STANDARD):
    """A graph in which x goes through an operator of a plugin, and the gradients of x and of the operator's result."""
    graph = Graph()
    x = graph.input("x", np.float32, [2, 3])
    y = graph.op("Twist", x, domain="com.example", types=[("float32", [2, 3])])
    rules = Rules(entries, below=BUILT_IN)
    return graph, differentiate(graph, graph.ReduceSum(y * y, keepdims=0), [x, y], target=target, rules=rules)


def test_no_rule_is_left():
    """The error says that there are rules, and that none of them takes the configuration."""
    with pytest.raises(MissingGradient, match=r"com\.example::Twist .* no rule takes this configuration"):
        twisted(declined("Twist", domain="com.example"))


def test_flat_in_a_domain():
    """A plugin says that no gradient flows through its operator: neither is one missing."""
    _, (dx, dy) = twisted(flat("Twist", domain="com.example", reason="it is a hash"))

    assert dx is None
    assert dy is not None


def test_flat_of_a_plugin_comes_before_a_rule_of_declnet(run):
    """As whatever else a plugin says of an operator."""
    found = gradient_beside(run, "Tanh", flat("Tanh", reason="a test"))

    np.testing.assert_array_equal(np.ones_like(X), found)


def test_a_form_of_an_onnx_operator_in_a_domain_of_its_own():
    """Where the target has the kernels, the gradient of Conv is one operator of the plugin; elsewhere declnet's."""

    @gradient("Conv", needs={"com.example"})
    def conv(node, dy):
        x, w = node.inputs
        types = [(value.dtype, list(value.shape)) for value in (x, w)]
        return node.graph.op("ConvBackward", dy, x, w, domain="com.example", types=types)

    def operators(target):
        graph = Graph()
        x, w = graph.input("x", np.float32, ["N", 2, 5, 5]), graph.input("w", np.float32, [3, 2, 3, 3])
        loss = graph.ReduceSum(graph.Conv(x, w), keepdims=0)
        rules = Rules([conv], below=BUILT_IN)
        for dx, name in zip(differentiate(graph, loss, [x, w], target=target, rules=rules), ("dx", "dw")):
            graph.output(dx, name)
        return [f"{node.domain}::{node.op_type}" for node in verify(prune(graph), "differentiation").ir]

    assert "com.example::ConvBackward" in operators(EXAMPLE)
    assert "com.example::ConvBackward" not in operators(STANDARD)


def kernel(op, emitted, **how):
    """A rule that emits an operator of the domain *emitted*, and takes what it gives for the gradient."""

    @gradient(op, **how)
    def rule(node, dy):
        return (node.graph.op("Kernel", dy, domain=emitted, types=[(dy.dtype, dims(dy))]),)

    return rule


@pytest.mark.parametrize(
    ("how", "message", "allowed", "hint"),
    [
        (
            {},
            f"for Relu, {__name__}.kernel.<locals>.rule, emits com.other::Kernel",
            "ai.onnx",
            '"Relu", needs={"com.other"}',
        ),
        (
            {"needs": {"com.example"}},
            "does not say that it needs com.other",
            "ai.onnx, com.example",
            '"Relu", needs={"com.example", "com.other"}',
        ),
    ],
    ids=["no needs", "other needs"],
)
def test_a_rule_says_what_it_needs(how, message, allowed, hint):
    """What it emits in a domain that it does not name is refused, with the words that are missing."""
    graph = Graph()
    x = graph.input("x", np.float32, X.shape)
    loss = graph.ReduceSum(graph.Relu(x), keepdims=0)
    with pytest.raises(GraphError) as refusal:
        differentiate(graph, loss, [x], target=BOTH, rules=Rules([kernel("Relu", "com.other", **how)], below=BUILT_IN))
    shown = refusal.value.diagnostics[0]

    assert message in shown.message
    assert f"operators of {allowed}" == shown.allowed
    assert hint in shown.hint


def test_a_rule_emits_operators_of_the_domain_of_its_own():
    """A target that has the operator has its domain; those of another domain are refused here too."""
    twisted(kernel("Twist", "com.example", domain="com.example"))

    with pytest.raises(GraphError, match=r"emits com\.other::Kernel") as refusal:
        twisted(kernel("Twist", "com.other", domain="com.example"))
    assert '"Twist", domain="com.example", needs={"com.other"}' in refusal.value.diagnostics[0].hint


def test_what_a_rule_emits_into_a_body_is_seen():
    """Its own operators; not those of the model, which it copies."""

    def choice(emitted):
        graph = Graph()
        x = graph.input("x", np.float32, X.shape)
        body = Graph("body", parent=graph)
        body.ir.outputs.append(body.Relu(body.op("Twist", x, domain="com.example", types=[("float32", X.shape)])))
        (y,) = graph.op(
            "If", np.array(True), outputs=1, types=[("float32", X.shape)], then_branch=body, else_branch=body
        )
        rules = [gradient("Twist", domain="com.example")(lambda node, dy: (dy,)), *emitted]
        loss = graph.ReduceSum(y, keepdims=0)
        return differentiate(graph, loss, [x], target=EXAMPLE, rules=Rules(rules, below=BUILT_IN))

    assert choice([]) != [None]
    assert choice([kernel("Relu", "com.example", needs={"com.example"})]) != [None]
    with pytest.raises(GraphError, match=r"the gradient rule for Relu.* emits com\.example::Kernel"):
        choice([kernel("Relu", "com.example")])


@pytest.mark.parametrize("declines", [False, True])
def test_what_others_emit_meanwhile_is_theirs(declines):
    """A rule by a formula, whose operators have rules with needs of their own; one that declines in the end."""

    @gradient("Softsign")
    def softsign(node, dy):
        found = by_formula(node, dy, lambda x: node.graph.Relu(x) + x)
        if declines:
            node.graph.op("Kernel", dy, dy, domain="com.other", types=[(dy.dtype, dims(dy))])
        return NotImplemented if declines else found

    graph = Graph()
    x = graph.input("x", np.float32, X.shape)
    rules = Rules([softsign, kernel("Relu", "com.example", needs={"com.example"})], below=BUILT_IN)
    [dx] = differentiate(graph, graph.ReduceSum(graph.Softsign(x), keepdims=0), [x], target=EXAMPLE, rules=rules)

    assert dx is not None


@pytest.mark.parametrize("needs", [(), {"com.example"}], ids=str)
def test_two_rules_with_the_same_needs_are_refused(needs):
    """The message names the operator, its needs and both functions."""

    def first(node, dy):
        return (dy,)

    def second(node, dy):
        return (dy,)

    with pytest.raises(GraphError, match="the gradient of Tanh") as refusal:
        Rules([gradient("Tanh", needs=needs)(first), gradient("Tanh", needs=needs)(second)])
    shown = str(refusal.value)

    assert f"{__name__}.{first.__qualname__}" in shown
    assert f"{__name__}.{second.__qualname__}" in shown
    assert bool(needs) == ("needs com.example" in shown)


def test_a_rule_for_a_flat_operator_of_the_same_owner_is_refused():
    """An operator has a rule or is flat."""
    with pytest.raises(GraphError, match="it stops here"):
        Rules([times(2, "Tanh"), flat("Tanh", reason="it stops here")])


@pytest.mark.parametrize("needs", ["com.microsoft", {""}, {"ai.onnx"}, [7], None], ids=repr)
def test_needs_are_a_set_of_domains(needs):
    """A bare string, of whose letters none is a domain, and ai.onnx, which is always there, are mistakes."""
    with pytest.raises(PluginError, match="the gradient rule of Conv needs") as refusal:
        gradient("Conv", needs=needs)

    assert 'needs={"com.microsoft"}' in str(refusal.value)


def test_the_domain_of_onnx_has_one_spelling():
    """A rule of the other one would never be asked."""
    with pytest.raises(PluginError, match="leave it out"):
        gradient("Tanh", domain="ai.onnx")
