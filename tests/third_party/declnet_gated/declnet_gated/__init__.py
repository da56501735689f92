"""A gated linear unit and the quick Gelu."""

from declnet import hookimpl
from declnet_gated.gated import gated
from declnet_gated.quick_gelu import quick_gelu, quick_gelu_gradient


@hookimpl
def declnet_layers():
    return [gated]


@hookimpl
def declnet_activations():
    return [quick_gelu]


@hookimpl
def declnet_gradients():
    return [quick_gelu_gradient]
