"""Observers of a training."""

from declnet import hookimpl
from declnet_observer.time_limit import time_limit


@hookimpl
def declnet_observers():
    return [time_limit]
