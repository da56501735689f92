"""Activations, by themselves and as layers."""

from declnet import Component, hookimpl
from declnet_activation import activations
from declnet_activation.activation import activation
from declnet_activation.prelu import prelu


@hookimpl
def declnet_layers() -> list[Component]:
    return [activation, prelu]


@hookimpl
def declnet_activations() -> list[Component]:
    return activations.ALL
