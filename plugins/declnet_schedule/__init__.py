"""Learning-rate schedules: the learning rate as a function of the step, in the graph."""

from declnet import hookimpl
from declnet_schedule.constant import constant
from declnet_schedule.cosine import cosine
from declnet_schedule.exponential import exponential


@hookimpl
def declnet_schedules():
    return [constant, cosine, exponential]
