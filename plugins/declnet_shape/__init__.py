"""Layers that rearrange values or join branches, without weights."""

from declnet import hookimpl
from declnet_shape.add import add
from declnet_shape.concat import concat
from declnet_shape.flatten import flatten
from declnet_shape.multiply import multiply
from declnet_shape.permute import permute
from declnet_shape.reshape import reshape


@hookimpl
def declnet_layers():
    return [add, concat, flatten, multiply, permute, reshape]
