"""Attention."""

from declnet import hookimpl


@hookimpl
def declnet_layers():
    return []
