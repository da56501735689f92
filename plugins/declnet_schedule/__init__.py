"""Learning-rate schedules: the learning rate as a function of the step, in the graph."""

from declnet import Component, hookimpl
from declnet_schedule.constant import constant
from declnet_schedule.cosine import cosine, cosine_restarts
from declnet_schedule.decays import inverse_square_root, inverse_time, polynomial
from declnet_schedule.exponential import exponential
from declnet_schedule.one_cycle import one_cycle
from declnet_schedule.piecewise import piecewise
from declnet_schedule.warmup import warmup


@hookimpl
def declnet_schedules() -> list[Component]:
    return [
        constant,
        cosine,
        cosine_restarts,
        exponential,
        inverse_square_root,
        inverse_time,
        one_cycle,
        piecewise,
        polynomial,
        warmup,
    ]
