"""Optimizers: how a parameter moves along its gradient."""

from declnet import hookimpl
from declnet_optimizer.adam import adam, adamw
from declnet_optimizer.sgd import sgd


@hookimpl
def declnet_optimizers():
    return [adam, adamw, sgd]
