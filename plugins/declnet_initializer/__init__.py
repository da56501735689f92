"""Initializers: the values with which a weight begins."""

from declnet import Component, hookimpl
from declnet_initializer.distributions import normal, truncated_normal, uniform
from declnet_initializer.fixed import constant, identity, ones, zeros
from declnet_initializer.orthogonal import orthogonal
from declnet_initializer.scaled import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    variance_scaling,
)


@hookimpl
def declnet_initializers() -> list[Component]:
    return [
        constant,
        glorot_normal,
        glorot_uniform,
        he_normal,
        he_uniform,
        identity,
        lecun_normal,
        lecun_uniform,
        normal,
        ones,
        orthogonal,
        truncated_normal,
        uniform,
        variance_scaling,
        zeros,
    ]
