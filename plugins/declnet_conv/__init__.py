"""Convolutions and pools over one, two or three spatial axes: (N, channels, ...)."""

from declnet import hookimpl
from declnet_conv.avg_pool import avg_pool
from declnet_conv.conv import conv
from declnet_conv.depthwise_conv import depthwise_conv
from declnet_conv.global_avg_pool import global_avg_pool
from declnet_conv.global_max_pool import global_max_pool
from declnet_conv.max_pool import max_pool


@hookimpl
def declnet_layers():
    return [avg_pool, conv, depthwise_conv, global_avg_pool, global_max_pool, max_pool]
