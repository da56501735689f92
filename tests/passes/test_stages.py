"""A pass runs over what layers and losses say, or over each finished graph: the one it asks for."""

from importlib.metadata import entry_points

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import declnet
from declnet.errors import PluginError
from declnet.graph import Graph
from declnet.passes import Pass, run
from declnet.plugins import Plugins
from declnet.program import Program
from declnet.target import STANDARD, Target

DOMAIN = "com.example"
KERNELS = Target("kernels", domains=frozenset({DOMAIN}))


class SgdStep(OpRun):
    """parameter - rate * gradient."""

    op_domain = DOMAIN

    def _run(self, parameter, rate, gradient):
        return (parameter - rate * gradient,)


class SigmoidGrad(OpRun):
    """dy * (y - y * y)."""

    op_domain = DOMAIN

    def _run(self, dy, y):
        return (dy * y * (1 - y),)


def by_kernel(graph, node, name, *inputs):
    y = node.outputs[0]
    with graph.replacing(node):
        graph.substitute(y, graph.op(name, *inputs, domain=DOMAIN, types=[(y.dtype, y.shape)]))


def sgd_in_one(graph, target):
    """Take a step of SGD in one operator."""
    if target.meets({DOMAIN}):
        for node in graph.nodes("Sub"):
            scaled = node.inputs[1].producer()
            if scaled is not None and scaled.op_type == "Mul" and f"{node.inputs[0].name}_next" == node.outputs[0].name:
                by_kernel(graph, node, "SgdStep", node.inputs[0], *scaled.inputs)
    return graph


def sigmoid_gradient_in_one(graph, target):
    """Take the gradient of a sigmoid in one operator: whatever multiplies by y * (1 - y)."""
    if target.meets({DOMAIN}):
        for node in graph.nodes("Mul"):
            for dy, slope in (node.inputs, node.inputs[::-1]):
                made = slope.producer()
                read = [] if made is None or made.op_type != "Mul" else [each.producer() for each in made.inputs]
                if any(each is not None and each.op_type == "Sigmoid" for each in read):
                    y = next(each for each in read if each is not None and each.op_type == "Sigmoid").outputs[0]
                    by_kernel(graph, node, "SigmoidGrad", dy, y)
                    break
    return graph


def spec(objectives):
    """A net of two layers that trains one or both in so many turns."""
    turns = [
        {
            "name": f"of_{name}",
            "layers": [name],
            "loss": {"type": "mean_squared_error", "from": "second", "target": "y"},
            "optimizer": {"type": "sgd", "learning_rate": 0.1},
        }
        for name in ("first", "second")[:objectives]
    ]
    return declnet.load(
        {
            "name": "stages",
            "inputs": {"x": {"shape": [3]}},
            "layers": [
                {"type": "dense", "units": 4, "activation": "sigmoid", "name": "first"},
                {"type": "dense", "units": 2, "name": "second"},
            ],
            "outputs": {"z": "second"},
            "training": {"objectives": turns, "epochs": 1, "batch_size": 5},
        }
    )


def with_passes(*passes):
    """The installed plugins and passes of the stages that are said."""
    plugins = Plugins(entry_points(group="declnet"))
    plugins.passes[:0] = [Pass(each.__name__, each, "mine", "declnet-mine 1.0", stage) for each, stage in passes]
    return plugins


def kernels(model):
    return [node.op_type for node in model.graph.node if node.domain == DOMAIN]


def results(model, weights):
    random = np.random.default_rng(0)
    feed = {name: random.standard_normal((5, size)).astype("float32") for name, size in (("x", 3), ("y", 2))}
    feed |= {**weights, "step": np.array(0)}
    evaluator = ReferenceEvaluator(model, new_ops=[SgdStep, SigmoidGrad])
    given = {name: feed.get(name, np.zeros([], "float32")) for name in evaluator.input_names}
    return dict(zip(evaluator.output_names, evaluator.run(None, given)))


@pytest.mark.parametrize("objectives", [1, 2])
def test_a_pass_over_finished_graphs_fuses_gradients_and_updates(objectives):
    """In the step and in the halves, with the same names and values; no rule is asked for the operators it brings."""
    plugins = with_passes((sgd_in_one, "finished"), (sigmoid_gradient_in_one, "finished"))
    program, plain = (Program(spec(objectives), KERNELS, each) for each in (plugins, with_passes()))
    weights = plain.initial_weights()

    assert ["SigmoidGrad", *["SgdStep"] * 2 * objectives] == kernels(program.step)
    assert [["SigmoidGrad"], []][:objectives] == [kernels(half.gradient) for half in program.halves]
    assert [["SgdStep"] * 2] * objectives == [kernels(half.update) for half in program.halves]
    assert [] == kernels(program.forward)
    expected, found = results(plain.step, weights), results(program.step, weights)
    assert list(expected) == list(found)
    for name, value in expected.items():
        np.testing.assert_allclose(value, found[name], rtol=1e-5, atol=1e-7, err_msg=name)
    assert [each.name for each in plain.step.graph.input] == [each.name for each in program.step.graph.input]
    assert "Mul" not in [node.op_type for node in program.halves[0].update.graph.node]


def test_other_targets_are_left_alone():
    """The passes ask for the domain; so does the served graph, which is for "standard"."""
    plugins = with_passes((sgd_in_one, "finished"), (sigmoid_gradient_in_one, "finished"))

    assert Program(spec(2), plugins=plugins).step == Program(spec(2)).step


def test_each_stage_sees_what_it_is_for():
    """Layers and losses, of each objective its own; or every graph once, when everything is in it."""
    seen = []

    def early(graph, target):
        seen.append(("layers", target.name, graph.ir.name, {node.name for node in graph.nodes("Sub")}))
        return graph

    def late(graph, target):
        seen.append(("finished", target.name, graph.ir.name, [value.name for value in graph.ir.outputs]))
        return graph

    program = Program(spec(2), KERNELS, with_passes((late, "finished"), (early, "layers")))
    weights = program.initial_weights()

    def made(build):
        seen.clear()
        build()
        return list(seen)

    first, second, step = made(lambda: program.step)
    assert ("layers", "layers", "finished") == (first[0], second[0], step[0])
    assert 1 == len(first[3]) == len(second[3]) and first[3].isdisjoint(second[3])
    assert {"first/kernel_next", "second/kernel_next", "loss_total_next"} <= set(step[3])
    halves = made(lambda: program.halves)
    assert ["layers", "finished", "finished"] * 2 == [each[0] for each in halves]
    assert [("layers", "kernels"), ("finished", "kernels")] == [each[:2] for each in made(lambda: program.forward)]
    assert [("layers", "kernels"), ("finished", "kernels")] == [each[:2] for each in made(lambda: program.predictor)]
    served = made(lambda: program.served(weights))
    assert [("layers", "standard"), ("finished", "standard")] == [each[:2] for each in served]


def test_a_late_pass_that_spoils_the_update_is_refused():
    """By name, as one over layers is."""

    def spoil(graph, target):
        for node in graph.nodes("Sub"):
            graph.ir.outputs.remove(node.outputs[0])
        return graph

    with pytest.raises(PluginError, match=r"pass 'spoil' of plugin mine .*: it changes which inputs or outputs"):
        _ = Program(spec(1), KERNELS, with_passes((spoil, "finished"))).update


def test_a_stage_is_asked_for_by_name():
    """A plain function is one over layers; what the decorator makes can be called as the function that it is of."""
    late = declnet.graph_pass(stage="finished")(sgd_in_one)
    graph = Graph()

    assert graph is late(graph, STANDARD)
    assert "finished" == late.stage
    with pytest.raises(PluginError, match="a pass has no stage 'finish'") as refusal:
        declnet.graph_pass(stage="finish")
    assert "finished" in str(refusal.value)


def test_only_passes_of_the_stage_run():
    """And where there are none, nothing is looked at."""

    def refuse(graph, target):
        raise AssertionError

    assert "untouched" == run("untouched", STANDARD, [Pass("refuse", refuse, "mine", "declnet-mine 1.0", "finished")])
