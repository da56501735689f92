"""Activations, by themselves and as layers."""

from declnet import hookimpl
from declnet_activation import activations
from declnet_activation.activation import activation
from declnet_activation.prelu import prelu


@hookimpl
def declnet_layers():
    return [activation, prelu]


@hookimpl
def declnet_activations():
    return activations.ALL
