"""Layers that bring values to a common scale."""

from declnet import hookimpl
from declnet_normalization.batch_norm import batch_norm
from declnet_normalization.scale import scale
from declnet_normalization.standardize import standardize


@hookimpl
def declnet_layers():
    return [batch_norm, scale, standardize]
