"""Layers that bring values to a common scale."""

from declnet import Component, hookimpl
from declnet_normalization.batch_norm import batch_norm
from declnet_normalization.group_norm import group_norm
from declnet_normalization.instance_norm import instance_norm
from declnet_normalization.layer_norm import layer_norm
from declnet_normalization.local_response_norm import local_response_norm
from declnet_normalization.rescale import rescale
from declnet_normalization.rms_norm import rms_norm
from declnet_normalization.scale import scale
from declnet_normalization.standardize import standardize
from declnet_normalization.unit_norm import unit_norm


@hookimpl
def declnet_layers() -> list[Component]:
    return [
        batch_norm,
        group_norm,
        instance_norm,
        layer_norm,
        local_response_norm,
        rescale,
        rms_norm,
        scale,
        standardize,
        unit_norm,
    ]
