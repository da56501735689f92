"""What keeps weights and activities in bounds: regularizers, which add to the loss, and constraints."""

from declnet import Component, hookimpl
from declnet_regularizer.activity_regularization import activity_regularization
from declnet_regularizer.constraints import max_norm, min_max_norm, non_negative, unit_norm
from declnet_regularizer.regularizers import l1, l1_l2, l2, orthogonal


@hookimpl
def declnet_regularizers() -> list[Component]:
    return [l1, l1_l2, l2, orthogonal]


@hookimpl
def declnet_constraints() -> list[Component]:
    return [max_norm, min_max_norm, non_negative, unit_norm]


@hookimpl
def declnet_layers() -> list[Component]:
    return [activity_regularization]
