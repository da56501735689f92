"""One of each thing that a plugin may put below the compiler."""

from declnet import hookimpl
from declnet_seams.gradients import tanh, tanh_by_kernel
from declnet_seams.journal import journal
from declnet_seams.passes import relu_by_max
from declnet_seams.records import records
from declnet_seams.runtime import Python


@hookimpl
def declnet_runtimes():
    return [Python]


@hookimpl
def declnet_passes():
    return [relu_by_max]


@hookimpl
def declnet_gradients():
    return [tanh, tanh_by_kernel]


@hookimpl
def declnet_observers():
    return [journal]


@hookimpl
def declnet_sources():
    return [records]
