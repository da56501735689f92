"""Layers that disturb their input while the model is trained."""

from declnet import Component, hookimpl
from declnet_dropout.alpha_dropout import alpha_dropout
from declnet_dropout.dropout import dropout
from declnet_dropout.gaussian_dropout import gaussian_dropout
from declnet_dropout.gaussian_noise import gaussian_noise
from declnet_dropout.spatial_dropout import spatial_dropout


@hookimpl
def declnet_layers() -> list[Component]:
    return [
        alpha_dropout,
        dropout,
        gaussian_dropout,
        gaussian_noise,
        spatial_dropout,
    ]
