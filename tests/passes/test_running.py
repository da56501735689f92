"""Passes run in turn, before a graph is differentiated or served, and what they must not do is refused by name."""

import importlib
import sys
from importlib.metadata import EntryPoint, entry_points

import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest

import declnet
from declnet.errors import PluginError
from declnet.evaluation import Evaluator
from declnet.graph import Graph
from declnet.passes import Pass, run
from declnet.plugins import Plugins
from declnet.program import Program
from declnet.runtime import open_runtime
from declnet.target import STANDARD, TARGETS


@pytest.fixture
def graph():
    graph = Graph()
    graph.output(graph.Tanh(graph.input("x", np.float32, ["N", 3])), "y")
    return graph


def offered(function):
    return Pass(function.__name__, function, "mine", "declnet-mine 1.0")


def ops(model):
    return [node.op_type for node in model.graph.node]


def test_each_runs_in_turn(graph):
    """On what those before it have left, for the target that is asked for."""
    seen = []

    def negate(graph, target):
        (node,) = graph.nodes("Tanh")
        seen.append((target, "negate"))
        with graph.replacing(node):
            graph.substitute(node.outputs[0], graph.Neg(node.inputs[0]))
        return graph

    def look(graph, target):
        seen.append((target, *(node.op_type for node in graph.ir)))
        return graph

    assert graph is run(graph, STANDARD, [offered(negate), offered(look)])
    assert [(STANDARD, "negate"), (STANDARD, "Neg")] == seen


def test_nodes_are_put_in_order(graph):
    """A pass may read what is made further behind."""
    later = graph.Neg(graph.ir.inputs[0])
    graph.output(later, "z")

    def negate(graph, target):
        (node,) = graph.nodes("Tanh")
        with graph.replacing(node):
            graph.substitute(node.outputs[0], graph.Neg(graph.Neg(node.inputs[0])))
        return graph

    run(graph, STANDARD, [offered(negate)])

    assert [later, graph.ir.outputs[0]] == [node.outputs[0] for node in graph.ir]


def returns_nothing(graph, target):
    graph.Relu(graph.ir.inputs[0])


def returns_another(graph, target):
    return Graph()


def takes_a_name_twice(graph, target):
    graph.Relu(graph.ir.inputs[0]).name = "x"
    return graph


def removes_what_is_read(graph, target):
    y = graph.ir.outputs[0]
    graph.Neg(y)
    graph.ir.remove(y.producer())
    return graph


def makes_a_circle(graph, target):
    node = graph.nodes("Tanh")[0]
    z = graph.Neg(node.outputs[0])
    node.replace_input_with(0, z)
    return graph


def substitutes_another_type(graph, target):
    y = graph.ir.outputs[0]
    graph.substitute(y, graph.Cast(y.producer().inputs[0], to=np.dtype("int64")))
    return graph


def adds_an_output(graph, target):
    graph.output(graph.Neg(graph.ir.inputs[0]), "z")
    return graph


@pytest.mark.parametrize(
    "function, message",
    [
        (adds_an_output, "it changes which inputs or outputs the graph has"),
        (returns_nothing, "it returns None, not the graph that it was given"),
        (returns_another, "it returns <declnet.graph.*Graph object"),
        (takes_a_name_twice, "after it: two values are called 'x'"),
        (removes_what_is_read, "after it: Neg 'Neg' reads 'y', which nothing has made before it"),
        (makes_a_circle, "a value is made of itself"),
        (substitutes_another_type, r"'Cast', int64 \(N, 3\), cannot stand for 'y', float"),
    ],
)
def test_what_a_pass_must_not_do_is_refused(graph, function, message):
    """The message names the pass, its plugin and its distribution."""
    name = function.__name__

    with pytest.raises(PluginError, match=message) as refusal:
        run(graph, STANDARD, [offered(function)])

    assert f"pass '{name}' of plugin mine (declnet-mine 1.0): " in str(refusal.value)
    assert "mend or uninstall declnet-mine" in str(refusal.value)


@pytest.fixture
def sums():
    """Sums over each row, a column of them, and that column times two."""
    graph = Graph()
    column = graph.ReduceSum(graph.input("x", np.float32, ["N", 3]), [1], keepdims=1)
    graph.output(column * 2.0, "y")
    return graph


def drops_an_axis(graph, target):
    (node,) = graph.nodes("ReduceSum")
    node.attributes["keepdims"] = ir.AttrInt64("keepdims", 0)
    return graph


def drops_an_axis_and_says_so(graph, target):
    drops_an_axis(graph, target)
    graph.nodes("ReduceSum")[0].outputs[0].shape = ir.Shape(["N"])
    return graph


def takes_another_operator(graph, target):
    graph.nodes("ReduceSum")[0].op_type = "ArgMax"
    return graph


def reads_another_shape(graph, target):
    (node,) = graph.nodes("Mul")
    node.replace_input_with(0, graph.ir.inputs[0])
    return graph


def says_another_type(graph, target):
    graph.nodes("ReduceSum")[0].outputs[0].dtype = ir.DataType.INT64
    return graph


@pytest.mark.parametrize(
    "function, message",
    [
        (drops_an_axis, r"'ReduceSum' is said to be float32 \(N, 1\), and ReduceSum gives float32 \(N,\)"),
        (drops_an_axis_and_says_so, r"'y' is said to be float32 \(N, 1\), and Mul gives float32 \(N,\)"),
        (takes_another_operator, "after it: ArgMax.* in 'ReduceSum': it takes 1 to 1 inputs, not 2"),
        (reads_another_shape, r"'y' is said to be float32 \(N, 1\), and Mul gives float32 \(N, 3\)"),
        (says_another_type, "'ReduceSum' is said to be int64"),
    ],
)
def test_what_a_pass_changes_in_place_is_typed_again(sums, function, message):
    """Attributes, operators, inputs and shapes: none becomes a lie, for the node or for its readers."""
    with pytest.raises(PluginError, match=message):
        run(sums, STANDARD, [offered(function)])


def test_what_a_pass_changes_in_place_may_be_right(sums):
    """An attribute that says what is so anyway, and a graph that is right as a whole."""

    def spell_out(graph, target):
        node = graph.nodes("ReduceSum")[0]
        node.attributes["noop_with_empty_axes"] = ir.AttrInt64("noop_with_empty_axes", 0)
        return graph

    assert sums is run(sums, STANDARD, [offered(spell_out)])


SPEC = {
    "name": "turns",
    "inputs": {"x": {"shape": [3]}},
    "layers": [
        {"type": "dense", "units": 4, "activation": "softsign", "name": "base"},
        {"type": "dense", "units": 4, "name": "shared", "inputs": "base"},
        {"type": "dense", "units": 4, "name": "fixed", "inputs": "base", "freeze": True},
        {"type": "add", "inputs": ["shared", "fixed"], "name": "sum"},
        {"type": "dense", "units": 2, "name": "first", "inputs": "sum"},
        {"type": "dense", "units": 2, "name": "second", "inputs": "sum"},
    ],
    "outputs": {"y": "second"},
    "training": {
        "objectives": [
            {
                "name": f"of_{name}",
                "layers": layers,
                "loss": {"type": "cross_entropy", "from": name, "target": f"class_{name}"},
                "optimizer": {"type": "sgd", "learning_rate": 0.1},
            }
            for name, layers in (("first", ["first", "shared"]), ("second", ["second", "base"]))
        ],
        "epochs": 1,
        "batch_size": 5,
    },
}

# One pass for what layers make, and one that looks for what losses and updates make: it has those of losses.
PLUGIN = """
from declnet import hookimpl

TARGETS = []

def softsign_by_formula(graph, target):
    "x / (1 + |x|)."
    TARGETS.append(target.name)
    for node in graph.nodes("Softsign"):
        with graph.replacing(node):
            x = node.inputs[0]
            graph.substitute(node.outputs[0], x / (graph.Abs(x) + 1.0))
    return graph

def difference_by_sum(graph, target):
    "a + (-b)."
    for node in graph.nodes("Sub"):
        with graph.replacing(node):
            a, b = node.inputs
            graph.substitute(node.outputs[0], a + graph.Neg(b))
    return graph

@hookimpl
def declnet_passes():
    return [softsign_by_formula, difference_by_sum]
"""


@pytest.fixture(scope="module")
def with_passes(tmp_path_factory):
    """The installed plugins and one more, which offers two passes; and its module."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "plugin_with_passes.py").write_text(PLUGIN)
    sys.path.insert(0, str(folder))
    yield (
        Plugins([*entry_points(group="declnet"), EntryPoint("mine", "plugin_with_passes", "declnet")]),
        importlib.import_module("plugin_with_passes"),
    )
    sys.path.remove(str(folder))
    del sys.modules["plugin_with_passes"]


@pytest.fixture(scope="module")
def spec():
    return declnet.load(SPEC)


def step(model, spec):
    """What a step graph gives for the initial weights and some rows."""
    random = np.random.default_rng(0)
    feed = {"x": random.standard_normal((5, 3)).astype("float32"), "step": np.array(0)}
    feed |= {f"class_{name}": random.integers(0, 2, 5) for name in ("first", "second")} | Program(
        spec
    ).initial_weights()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = {given.name: feed.get(given.name, np.zeros([], "float32")) for given in session.get_inputs()}
    return dict(zip([value.name for value in session.get_outputs()], session.run(None, wanted)))


def test_every_graph_goes_through_the_passes_of_plugins(with_passes, spec):
    """The step, the forward graph and the predictor's for the target of the program, the served one for "standard"."""
    plugins, module = with_passes
    weights = Program(spec).initial_weights()

    for name in ("standard", "training"):
        module.TARGETS.clear()
        program = Program(spec, TARGETS[name], plugins)
        model, _, _ = program.step, program.forward, program.predictor
        assert {name} == set(module.TARGETS)
        assert "Softsign" not in ops(model) and "Abs" in ops(model)
    module.TARGETS.clear()
    for model in (Program(spec, plugins=plugins).forward, Program(spec, plugins=plugins).served(weights)):
        assert "Softsign" not in ops(model) and "Abs" in ops(model)
    predicted = Evaluator(Program(spec, plugins=plugins), open_runtime()).predict(
        weights, {"x": np.ones((2, 3), "float32")}
    )
    assert (2, 2) == predicted["y"].shape
    assert ["standard"] * 4 == module.TARGETS


def test_a_step_computes_the_same(with_passes, spec):
    """Values that others hold while it is built stay right: losses, updated parameters, those of the next objective."""
    plugins, _ = with_passes

    plain = step(Program(spec).step, spec)
    passed = step(Program(spec, plugins=plugins).step, spec)

    assert list(plain) == list(passed)
    for name, value in plain.items():
        np.testing.assert_allclose(value, passed[name], rtol=1e-6, err_msg=name)


def test_what_objectives_share_is_computed_once(with_passes, spec):
    """The second objective lowers the layers again, with what the passes have made of them: no operator is added."""
    plugins, _ = with_passes
    plain = ops(Program(spec).step)

    passed = ops(Program(spec, plugins=plugins).step)

    assert 1 == plain.count("Softsign") == passed.count("Abs")
    assert plain.count("Gemm") == passed.count("Gemm")
