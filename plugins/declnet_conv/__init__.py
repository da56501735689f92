"""Convolutions, pools and resizing over one, two or three spatial axes: (N, channels, ...)."""

from declnet import Component, hookimpl
from declnet_conv.adaptive_avg_pool import adaptive_avg_pool
from declnet_conv.adaptive_max_pool import adaptive_max_pool
from declnet_conv.avg_pool import avg_pool
from declnet_conv.conv import conv
from declnet_conv.conv_transpose import conv_transpose
from declnet_conv.crop import crop
from declnet_conv.depth_to_space import depth_to_space
from declnet_conv.depthwise_conv import depthwise_conv
from declnet_conv.global_avg_pool import global_avg_pool
from declnet_conv.global_max_pool import global_max_pool
from declnet_conv.lp_pool import lp_pool
from declnet_conv.max_pool import max_pool
from declnet_conv.resize import resize
from declnet_conv.separable_conv import separable_conv
from declnet_conv.space_to_depth import space_to_depth
from declnet_conv.up_sample import up_sample
from declnet_conv.zero_pad import zero_pad


@hookimpl
def declnet_layers() -> list[Component]:
    return [
        adaptive_avg_pool,
        adaptive_max_pool,
        avg_pool,
        conv,
        conv_transpose,
        crop,
        depth_to_space,
        depthwise_conv,
        global_avg_pool,
        global_max_pool,
        lp_pool,
        max_pool,
        resize,
        separable_conv,
        space_to_depth,
        up_sample,
        zero_pad,
    ]
