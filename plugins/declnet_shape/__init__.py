"""Layers that rearrange, reduce or join values, without weights of their own."""

from declnet import Component, hookimpl
from declnet_shape.add import add
from declnet_shape.average import average
from declnet_shape.concat import concat
from declnet_shape.dot import dot
from declnet_shape.expand_dims import expand_dims
from declnet_shape.flatten import flatten
from declnet_shape.maximum import maximum
from declnet_shape.minimum import minimum
from declnet_shape.multiply import multiply
from declnet_shape.permute import permute
from declnet_shape.reduce import reduce
from declnet_shape.repeat_vector import repeat_vector
from declnet_shape.reshape import reshape
from declnet_shape.slice import slice_
from declnet_shape.squeeze import squeeze
from declnet_shape.subtract import subtract
from declnet_shape.time_distributed import time_distributed


@hookimpl
def declnet_layers() -> list[Component]:
    return [
        add,
        average,
        concat,
        dot,
        expand_dims,
        flatten,
        maximum,
        minimum,
        multiply,
        permute,
        reduce,
        repeat_vector,
        reshape,
        slice_,
        squeeze,
        subtract,
        time_distributed,
    ]
