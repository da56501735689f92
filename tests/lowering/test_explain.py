"""What a component refuses becomes a mistake of the spec, whichever kind of component it is."""

from importlib.metadata import entry_points
from types import SimpleNamespace

import pytest

import declnet
from declnet import hookimpl, layer, loss, optimizer
from declnet.plugins import GROUP, installed

UNITS = {"type": "integer", "default": 3, "description": "Size."}


@layer({"properties": {"units": UNITS}})
def misfit(net, x, *, units):
    """Multiply by what does not fit."""
    return x @ net.weight("kernel", [units, units], "zeros")


@layer({"properties": {"units": UNITS}})
def refusing(net, x, *, units):
    """Refuse."""
    raise net.error("it may not be", property="units", found=f"{units}", allowed="4", hint="say 4")


@layer({})
def twist(net, x):
    """An operator of which nobody knows a gradient."""
    return net.op("Twist", x, domain="com.example", types=[(x.dtype, x.shape)])


@layer({})
def nothing(net, x):
    """Give nothing."""


@loss({}, target=False)
def misfit_loss(net, prediction):
    """Multiply by what does not fit."""
    return prediction @ net.constant([[1.0] * 3] * 3, "float32")


@loss({}, target=False)
def forgetful_loss(net, prediction):
    """Say that there is no target, and ask for it."""
    return prediction - net.target("float32", prediction.shape)


@loss({}, target=False)
def penalised_loss(net, prediction):
    """Have a layer whose regularizer refuses the weight."""
    return net.layer("dense", prediction, units=1, bias_regularizer="orthogonal")


@loss({}, target=False)
def begun_loss(net, prediction):
    """Begin a weight as it cannot be begun."""
    return prediction * net.weight("scale", [4], "identity")


@optimizer({})
def misfit_optimizer(net, parameter, gradient):
    """Multiply by what does not fit."""
    return parameter @ net.constant([[1.0] * 7] * 7, "float32")


HOOKS = {
    "declnet_layers": [twist, misfit, nothing, refusing],
    "declnet_losses": [begun_loss, forgetful_loss, misfit_loss, penalised_loss],
    "declnet_optimizers": [misfit_optimizer],
}


def hook(name, components):
    def implementation():
        return components

    implementation.__name__ = name
    return hookimpl(implementation)


@pytest.fixture(scope="module", autouse=True)
def plugins():
    """The built-in plugins, and one whose components refuse what they get."""
    module = SimpleNamespace(**{name: hook(name, components) for name, components in HOOKS.items()})
    entries = [*entry_points(group=GROUP), SimpleNamespace(name="refusals", dist=None, load=lambda: module)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("declnet.plugins.entry_points", lambda group: entries)
        installed.cache_clear()
        yield
    installed.cache_clear()


def spec(*layers, **training):
    chosen = {"loss": {"type": "mean_squared_error", "target": "y"}, "optimizer": "sgd", "epochs": 1, "batch_size": 2}
    return {"inputs": {"x": {"shape": [5]}}, "layers": list(layers), "training": {**chosen, **training}}


DENSE = {"type": "dense", "units": 4, "name": "out"}
ORTHOGONAL = {"type": "orthogonal", "rate": 0.1}
FALLING = {"type": "piecewise", "boundaries": [5, 3], "values": [3, 2, 1]}

# What is refused, where it stands, and what is told of it: the message, what was found, the hint.
REFUSALS = {
    "a property": (
        spec({"type": "refusing", "name": "out", "units": 3}),
        "/layers/0/units",
        ("DN1402", "layer 'out' (refusing): it may not be", "3", "say 4"),
    ),
    "an operator": (
        spec({"type": "misfit", "name": "out"}),
        "/layers/0",
        (
            "DN1401",
            "layer 'out' (misfit) does not fit what it is given",
            "'x' gives float32 (N, 5)",
            "MatMul(float32 (N, 5), float32 (3, 3)) in 'out/MatMul': Incompatible dimensions for matrix multiplication",
        ),
    ),
    "no value": (
        spec({"type": "nothing", "name": "out"}),
        "/layers/0",
        (
            "DN1402",
            "layer 'out' (nothing): it returned NoneType, not a value of the graph",
            "'x' gives float32 (N, 5)",
            None,
        ),
    ),
    "a loss": (
        spec(DENSE, loss="misfit_loss"),
        "/training/loss",
        (
            "DN1401",
            "loss 'misfit_loss' does not fit what it is given",
            "'out' gives float32 (N, 4)",
            "MatMul(float32 (N, 4), float32 (3, 3)) in 'misfit_loss/MatMul': "
            "Incompatible dimensions for matrix multiplication",
        ),
    ),
    "a loss that has no target": (
        spec(DENSE, loss="forgetful_loss"),
        "/training/loss",
        (
            "DN2001",
            "loss 'forgetful_loss': it asks for a target, and says that it has none",
            "'out' gives float32 (N, 4)",
            "remove target=False from its decorator",
        ),
    ),
    "a regularizer of a loss's own weight": (
        spec(DENSE, loss="penalised_loss"),
        "/training/loss",
        (
            "DN1402",
            "regularizer of weight 'penalised_loss/dense/bias': an orthogonal weight has two axes or more",
            "float32 (1,)",
            None,
        ),
    ),
    "an initializer of a loss's own weight": (
        spec(DENSE, loss="begun_loss"),
        "/training/loss",
        (
            "DN1402",
            "initializer of weight 'begun_loss/scale': the initializer identity makes matrices and kernels",
            "float32 (4,)",
            'use "zeros", "ones" or {"type": "constant", "value": ...} here',
        ),
    ),
    "a regularizer": (
        spec({**DENSE, "bias_regularizer": ORTHOGONAL}),
        "/layers/0/bias_regularizer",
        (
            "DN1402",
            "regularizer of weight 'out/bias': an orthogonal weight has two axes or more",
            "float32 (4,)",
            None,
        ),
    ),
    "a constraint": (
        spec({**DENSE, "kernel_constraint": {"type": "min_max_norm", "minimum": 2, "maximum": 1}}),
        "/layers/0/kernel_constraint",
        ("DN1402", "constraint of weight 'out/kernel': the least norm is above the greatest", "2 and 1", None),
    ),
    "an initializer": (
        spec({**DENSE, "bias_initializer": "identity"}),
        "/layers/0/bias_initializer",
        (
            "DN1402",
            "initializer of weight 'out/bias': the initializer identity makes matrices and kernels",
            "float32 (4,)",
            'use "zeros", "ones" or {"type": "constant", "value": ...} here',
        ),
    ),
    "a schedule": (
        spec(DENSE, optimizer={"type": "sgd", "learning_rate": FALLING}),
        "/training/optimizer/learning_rate/boundaries",
        ("DN1402", "schedule 'piecewise': the boundaries must rise", "[5, 3]", None),
    ),
    "an optimizer": (
        spec(DENSE, optimizer="misfit_optimizer"),
        "/training/optimizer",
        (
            "DN1401",
            "optimizer 'misfit_optimizer' does not fit what it is given",
            "'out/kernel' is float32 (5, 4)",
            "MatMul(float32 (5, 4), float32 (7, 7)) in 'optimizer/out/kernel/MatMul': "
            "Incompatible dimensions for matrix multiplication",
        ),
    ),
}


@pytest.mark.parametrize(("wrong", "pointer", "told"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(wrong, pointer, told):
    """Where it stands, what is wrong, what was found, what to do: in the same words for each kind."""
    _, (mistake,) = declnet.check(wrong)

    assert pointer == mistake.pointer
    assert told == (mistake.code, mistake.message, mistake.found, mistake.hint)


def test_a_missing_gradient():
    """Placed at the layer, with both ways out, neither of which is a file that a user does not have."""
    layers = [{"type": "dense", "units": 4}, {"type": "twist", "name": "out"}]
    _, (mistake,) = declnet.check(spec(*layers))

    assert ("DN3002", "/layers/1") == (mistake.code, mistake.pointer)
    assert (
        'write a rule: @declnet.gradient_rule("Twist", domain="com.example") above a function (node, dy) that returns '
        "one gradient for each input; or choose another layer"
    ) == mistake.hint
