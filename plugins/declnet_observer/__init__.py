"""Observers of a training."""

from declnet import Component, hookimpl
from declnet_observer.time_limit import time_limit


@hookimpl
def declnet_observers() -> list[Component]:
    return [time_limit]
