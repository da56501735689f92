"""Layers that disturb their input while the model is trained."""

from declnet import hookimpl
from declnet_dropout.dropout import dropout


@hookimpl
def declnet_layers():
    return [dropout]
