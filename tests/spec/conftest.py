"""A small set of components to write specs with, and ways to parse them."""

import json
from types import SimpleNamespace

import pytest

from declnet import activation, hookimpl, initializer, layer, loss, metric, optimizer, regularizer, schedule, source
from declnet.plugins import Plugins
from declnet.spec import parse


def properties(required=(), **entries):
    """A component's schema; every property is described."""
    described = {name: {"description": f"The {name}.", **entry} for name, entry in entries.items()}
    return {"type": "object", "properties": described, "required": list(required)}


UNITS = {"type": "integer", "minimum": 1}
ACTIVATION = {"$ref": "#/$defs/activation", "default": "identity"}


@layer(
    properties(
        ["units"],
        units=UNITS,
        bias={"type": "boolean", "default": True},
        activation=ACTIVATION,
        kernel_initializer={"$ref": "#/$defs/initializer", "default": "normal"},
        kernel_regularizer={"$ref": "#/$defs/regularizer", "default": None},
    )
)
def dense(net, x, *, units, bias, activation, kernel_initializer, kernel_regularizer):
    """Multiply by a matrix."""


@layer(properties(rate={"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.5}))
def dropout(net, x, *, rate):
    """Silence a share."""


@layer(properties())
def add(net, x, *others):
    """Add."""


@layer(properties())
def multiply(net, x, y):
    """Multiply two values."""


@activation(properties())
def identity(net, x):
    """Nothing."""


@activation(properties())
def relu(net, x):
    """The positive part."""


@activation(properties(axis={"type": "integer", "default": -1}), yields="probabilities")
def softmax(net, x, *, axis):
    """Probabilities."""


@loss(properties(smoothing={"type": "number", "minimum": 0, "default": 0.0}), expects="logits")
def cross_entropy(net, prediction, *, smoothing):
    """Of classes."""


@loss(properties(), target=False)
def spread(net, prediction):
    """Of embeddings, without a target."""


@optimizer(properties(learning_rate={"$ref": "#/$defs/schedule", "default": 0.001}))
def adam(net, parameter, gradient, *, learning_rate):
    """Adam."""


@schedule(properties(["value"], value={"type": "number"}))
def constant(net, step, *, value):
    """Always the same."""


@initializer(properties(scale={"type": "number", "default": 1.0}))
def normal(random, shape, fans, *, scale):
    """Gaussian."""


@regularizer(properties(factor={"type": "number", "default": 0.01}))
def l2(net, weight, *, factor):
    """Squares."""


@metric(properties(), better="higher")
def accuracy(prediction, target):
    """Share that is right."""


@source(properties(["path"], path={"type": "string", "format": "path"}, header={"type": "boolean", "default": True}))
def csv(folder, *, path, header):
    """A table."""


def hook(name, components):
    """A hook implementation that offers *components*."""

    def implementation():
        return components

    implementation.__name__ = name
    return hookimpl(implementation)


OFFERS = {
    "declnet_layers": [dense, dropout, add, multiply],
    "declnet_activations": [identity, relu, softmax],
    "declnet_losses": [cross_entropy, spread],
    "declnet_optimizers": [adam],
    "declnet_schedules": [constant],
    "declnet_initializers": [normal],
    "declnet_regularizers": [l2],
    "declnet_metrics": [accuracy],
    "declnet_sources": [csv],
}


@pytest.fixture(scope="session")
def plugins():
    """One plugin that offers the components above."""
    module = SimpleNamespace(**{name: hook(name, components) for name, components in OFFERS.items()})
    distribution = SimpleNamespace(name="declnet-small", version="1.0")
    return Plugins([SimpleNamespace(name="small", dist=distribution, load=lambda: module)])


@pytest.fixture
def spec():
    """A right spec, to be changed at will."""
    return {
        "name": "small",
        "inputs": {"x": {"shape": [4]}},
        "layers": [
            {"type": "dense", "units": 8, "activation": "relu"},
            {"type": "dropout"},
            {"type": "dense", "units": 3, "name": "logits"},
        ],
        "outputs": {"kind": {"from": "logits", "as": "class", "labels": ["a", "b", "c"]}},
        "data": {"source": {"type": "csv", "path": "iris.csv"}, "split": {"validation": 0.1, "test": 0.2}},
        "training": {
            "loss": {"type": "cross_entropy", "target": "kind"},
            "optimizer": {"type": "adam", "learning_rate": 0.01},
            "epochs": 5,
            "batch_size": 16,
            "metrics": ["accuracy"],
        },
    }


@pytest.fixture
def parsed(plugins, tmp_path):
    """Parse a dict as the file spec.json, formatted with one key per line."""

    def parsed(content, overrides=None, **options):
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        (tmp_path / "spec.json").write_text(text, encoding="utf-8")
        return parse(tmp_path / "spec.json", overrides, plugins=plugins, **options)

    return parsed


@pytest.fixture
def mistake(parsed):
    """Parse a spec with exactly one mistake, and return it."""

    def mistake(content, overrides=None, **options):
        diagnostics = parsed(content, overrides, **options).diagnostics

        assert len(diagnostics) == 1, "\n".join(map(str, diagnostics))
        assert str(diagnostics[0]).count("\n") < 6, str(diagnostics[0])
        return diagnostics[0]

    return mistake
