"""A Program makes each graph once, when it is asked for, and its copies of one lowering do not disturb each other."""

from collections import Counter

import numpy as np
import onnx
import pytest

import declnet
from declnet import Program, lowering
from declnet.graph import to_model
from declnet.graph.copy import copy_graph
from declnet.lowering import lower_layers
from declnet.program import program as module

SPECS = ["lenet5", "gan", "lstm", "tiny_gpt", "vae", "unet_small"]


@pytest.fixture
def lowerings(monkeypatch):
    """How often layers are lowered: for training, and not for training."""
    counts = Counter()

    def counted(spec, *, training, **how):
        counts["training" if training else "inference"] += 1
        return lower_layers(spec, training=training, **how)

    for each in (module, lowering.lowering):
        monkeypatch.setattr(each, "lower_layers", counted)
    return counts


@pytest.mark.parametrize("name", SPECS)
def test_check_load_compile_and_train_lower_a_spec_once_each(root, lowerings, name, monkeypatch):
    """Once for training and once for all that does not train; of these everything is made."""
    path = root / "specs" / f"{name}.json"
    once = {"training": 1, "inference": 1}
    made = []
    for verb in (declnet.check, declnet.load, declnet.compile):
        lowerings.clear()
        made.append(verb(path))
        assert once == lowerings, verb.__name__
    program = made[-1]
    lowerings.clear()
    models = (program.forward, program.step, program.inference, program.predictor, program.served({**first(program)}))
    assert all(model.graph.node for model in models)
    assert len(program.spec.objectives) == len(program.halves)
    assert program.summary().rows
    assert {} == lowerings


def first(program):
    return program.initial_weights()


def test_training_lowers_a_program_not_at_all(lowerings):
    """Folds and trials compile once: what a Program has made, every training of it shares."""
    data = {"x": np.random.default_rng(0).random((8, 3), "float32"), "y": np.ones((8, 1), "float32")}
    program = declnet.compile(LINE)
    lowerings.clear()
    first, second = (declnet.train(program, data=data) for _ in range(2))

    assert {} == lowerings
    assert first.history == second.history
    assert first.program is second.program is program


LINE = {
    "name": "line",
    "inputs": {"x": {"shape": [3]}},
    "layers": [{"type": "standardize"}, {"type": "dense", "units": 1, "name": "out"}],
    "outputs": {"y": "out"},
    "training": {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "epochs": 1,
        "batch_size": 4,
    },
}


@pytest.mark.parametrize("name", SPECS)
def test_a_copy_of_a_graph_is_the_graph(root, name):
    """Node by node, body by body, to the letter."""
    lowered = lower_layers(declnet.load(root / "specs" / f"{name}.json"), training=False)
    copy, values = copy_graph(lowered.graph)
    results = list(lowered.results.values())
    for graph, ends in ((lowered.graph, results), (copy, [values[value] for value in results])):
        for k, value in enumerate(ends):
            graph.output(value, f"result {k}")

    assert onnx.printer.to_text(to_model(lowered.graph)) == onnx.printer.to_text(to_model(copy))


def test_what_is_added_to_a_copy_is_not_in_the_graph():
    """An equal expression is found in the copy, and stays what it was in the graph."""
    lowered = lower_layers(declnet.load(LINE), training=False)
    copy = lowered.copy()
    before = lowered.graph.ir.num_nodes()
    again = lowering.lower_objective(copy, copy.spec.objectives[0])

    assert again is None and "y" in copy.tensors.targets
    assert before == lowered.graph.ir.num_nodes()
    assert {} == lowered.tensors.targets
    assert copy.results["out"] is copy.graph.Gemm(
        *(copy.results["standardize_1"], copy.tensors.values["out/kernel"], copy.tensors.values["out/bias"])
    )


def test_a_program_without_training():
    """It predicts and is exported; there is nothing to train."""
    program = Program(declnet.load({key: value for key, value in LINE.items() if key != "training"}))

    assert (None, None, None, ()) == (program.step, program.gradient, program.update, program.halves)
    assert ["y"] == [output.name for output in program.inference.graph.output]


def test_mistakes_of_all_objectives_are_told_at_once():
    """The second objective is looked at although the first is wrong."""
    layers = [{"type": "dense", "units": 2, "name": "first"}, {"type": "dense", "units": 3, "name": "second"}]
    sgd = {"type": "sgd", "learning_rate": 0.1}
    losses = {"a": ("first", "p", "second"), "b": ("second", "q", "first")}
    objectives = [
        {
            "name": name,
            "optimizer": sgd,
            "loss": {"type": "binary_cross_entropy", "from": source, "target": target, "sample_weight": weight},
        }
        for name, (source, target, weight) in losses.items()
    ]
    training = {"objectives": objectives, "epochs": 1, "batch_size": 4}
    spec = {**LINE, "layers": layers, "outputs": {"y": "second"}, "training": training}
    _, found = declnet.check(spec)

    assert ["/training/objectives/0/loss/sample_weight", "/training/objectives/1/loss/sample_weight"] == [
        each.pointer for each in found if each.severity == "error"
    ]


def test_a_metric_of_an_unknown_target_is_placed():
    metrics = [{"type": "mean_absolute_error", "target": "z"}]
    _, (mistake,) = declnet.check({**LINE, "training": {**LINE["training"], "metrics": metrics}})

    assert ("DN1301", "/training/metrics/0/target") == (mistake.code, mistake.pointer)


def test_a_figure_that_no_epoch_will_have_is_refused():
    stopping = {"monitor": "validation_los", "patience": 2}
    _, (mistake,) = declnet.check({**LINE, "training": {**LINE["training"], "early_stopping": stopping}})

    assert ("DN1104", "/training/early_stopping/monitor") == (mistake.code, mistake.pointer)
    assert "did you mean 'validation_loss'?" in mistake.message
