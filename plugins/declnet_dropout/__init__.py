"""Layers that disturb their input while the model is trained."""

from declnet import hookimpl
from declnet_dropout.alpha_dropout import alpha_dropout
from declnet_dropout.color_jitter import color_jitter
from declnet_dropout.dropout import dropout
from declnet_dropout.gaussian_dropout import gaussian_dropout
from declnet_dropout.gaussian_noise import gaussian_noise
from declnet_dropout.random_affine import random_affine
from declnet_dropout.random_erasing import random_erasing
from declnet_dropout.random_flip import random_flip
from declnet_dropout.spatial_dropout import spatial_dropout


@hookimpl
def declnet_layers():
    return [
        alpha_dropout,
        color_jitter,
        dropout,
        gaussian_dropout,
        gaussian_noise,
        random_affine,
        random_erasing,
        random_flip,
        spatial_dropout,
    ]
