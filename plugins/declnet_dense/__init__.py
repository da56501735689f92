"""The dense layer."""

from declnet import hookimpl
from declnet_dense.dense import dense


@hookimpl
def declnet_layers():
    return [dense]
