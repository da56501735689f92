"""A state that is declared gets its update: what a stranger's component forgets is told, with its place."""

import pytest

from declnet import SpecError, layer, loss, optimizer, regularizer
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


@pytest.fixture
def plugins(beside):
    return beside(forgetful, nested, looping, drifting, haunting, lazy)


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


def test_a_slot_that_is_never_updated_is_refused(plugins):
    """At the optimizer, when the step graph is made."""
    spec = spec_of(plugins, [{"type": "dense", "units": 3, "name": "a"}], optimizer="lazy")

    with pytest.raises(SpecError) as refusal:
        assert Program(spec, plugins=plugins).step

    (mistake,) = refusal.value.diagnostics
    assert "/training/optimizer" == mistake.pointer
    assert "optimizer 'lazy': state 'a/kernel/velocity' is declared and never updated" == mistake.message


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
