"""A state that is declared gets its update: what a stranger's component forgets is told, with its place."""

import pytest

from declnet import SpecError, activation, constraint, layer, loss, optimizer, regularizer, schedule
from declnet.lowering import lower
from declnet.program import Program
from declnet.spec import parse


@layer({})
def forgetful(net, x):
    """Subtract a running mean that never runs."""
    return x - net.state("mean", [x.shape[-1]], 0.0)


@layer({})
def nested(net, x):
    """Hold a layer that forgets."""
    return net.layer("forgetful", x, name="inner") * 2.0


@layer({})
def looping(net, x):
    """Read a state in each step of a loop, and update it after the last."""

    def step(net, states, items):
        return [], [items[0] - net.state("mean", [x.shape[-1]], 0.0)]

    _, (y,) = net.scan(step, [], [x])
    if net.training:
        net.update("mean", net.ReduceMean(y, [0, 1], keepdims=0))
    return y


@loss({}, target=False)
def drifting(net, prediction):
    """Forget how large the prediction was."""
    return net.ReduceMean(prediction - net.state("level", [1], 0.0), [1], keepdims=0)


@regularizer({})
def haunting(net, weight):
    """Forget the norm."""
    return net.ReduceSum(weight * net.state("norm", [1], 1.0), keepdims=0)


@optimizer({})
def lazy(net, parameter, gradient):
    """Forget the velocity."""
    return parameter - 0.1 * (gradient + net.slot("velocity", parameter))


@schedule({})
def stalling(net, step):
    """Forget how far it has come."""
    return 0.1 + 0.0 * step + net.state("progress", [], 0.0)


@constraint({})
def straying(net, weight):
    """Forget where the weight was."""
    return weight - net.state("origin", [1], 0.0)


@activation({})
def drowsy(net, x):
    """Forget the mean."""
    return x - net.state("mean", [1], 0.0)


@pytest.fixture
def plugins(beside):
    return beside(forgetful, nested, looping, drifting, haunting, lazy, stalling, straying, drowsy)


def spec_of(plugins, layers, shape=(4,), **training):
    chosen = {"loss": {"type": "mean_squared_error", "target": "y"}, "optimizer": "sgd", "epochs": 1, "batch_size": 4}
    spec = {"name": "net", "inputs": {"x": {"shape": list(shape)}}, "layers": layers, "training": chosen | training}
    parsed = parse(spec, plugins=plugins)
    assert [] == [str(error) for error in parsed.errors]
    return parsed


@pytest.mark.parametrize(
    "layers, training, state, pointer, whose",
    [
        ([{"type": "dense", "units": 3}, {"type": "forgetful", "name": "a"}], {}, "a/mean", "/layers/1", "layer 'a'"),
        ([{"type": "nested", "name": "a"}], {}, "a/inner/mean", "/layers/0", "layer 'a'"),
        ([{"type": "dense", "units": 3, "name": "a", "activation": "drowsy"}], {}, "a/mean", "/layers/0", "layer 'a'"),
        ([{"type": "dense", "units": 3}], {"loss": "drifting"}, "drifting/level", "/training/loss", "loss 'drifting'"),
        (
            [{"type": "dense", "units": 3, "name": "a", "kernel_regularizer": "haunting"}],
            {},
            "a/kernel/norm",
            "/layers/0/kernel_regularizer",
            "regularizer of weight 'a/kernel'",
        ),
    ],
)
def test_a_state_that_is_never_updated_is_refused(plugins, layers, training, state, pointer, whose):
    """Where it is declared; whoever wrote it is told what to call."""
    (mistake,) = lower(spec_of(plugins, layers, **training), training=True, plugins=plugins).diagnostics

    assert pointer == mistake.pointer
    assert mistake.message.startswith(whose)
    assert mistake.message.endswith(f"state {state!r} is declared and never updated")
    assert f"net.update({state.rpartition('/')[2]!r}, value)" in mistake.hint


@pytest.mark.parametrize(
    "properties, optimizer, state, pointer, whose",
    [
        ({}, "lazy", "a/kernel/velocity", "/training/optimizer", "optimizer 'lazy'"),
        (
            {},
            {"type": "sgd", "learning_rate": {"type": "stalling"}},
            "optimizer/progress",
            "/training/optimizer/learning_rate",
            "schedule 'stalling'",
        ),
        (
            {"kernel_constraint": "straying"},
            "sgd",
            "a/kernel/origin",
            "/layers/0/kernel_constraint",
            "constraint of weight 'a/kernel'",
        ),
    ],
)
def test_a_state_of_an_update_that_is_never_updated_is_refused(plugins, properties, optimizer, state, pointer, whose):
    """Of optimizers, schedules and constraints, when the step graph is made."""
    layers = [{"type": "dense", "units": 3, "name": "a", **properties}]
    spec = spec_of(plugins, layers, optimizer=optimizer)

    with pytest.raises(SpecError) as refusal:
        assert Program(spec, plugins=plugins).step

    (mistake,) = refusal.value.diagnostics
    assert pointer == mistake.pointer
    assert f"{whose}: state {state!r} is declared and never updated" == mistake.message


def test_inference_updates_nothing(plugins):
    """What a layer does not update there is no mistake."""
    assert [] == lower(spec_of(plugins, [{"type": "forgetful"}]), training=False, plugins=plugins).diagnostics


@pytest.mark.parametrize(
    "layers, shape",
    [
        ([{"type": "looping"}], (5, 3)),
        ([{"type": "batch_norm", "freeze": True}], (3,)),
        ([{"type": "batch_norm", "name": "a"}, {"share": "a"}], (3,)),
    ],
)
def test_what_is_updated_somewhere_is_sound(plugins, layers, shape):
    """After a loop that reads it, in a layer whose weights are frozen, in a layer that is used twice."""
    lowered = lower(spec_of(plugins, layers, shape), training=True, plugins=plugins)

    assert [] == [str(each) for each in lowered.diagnostics]
    assert set(lowered.tensors.states) == set(lowered.tensors.updates)
