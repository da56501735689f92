"""Optimizers: how a parameter moves along its gradient."""

from declnet import Component, hookimpl
from declnet_optimizer.adagrad import adadelta, adagrad
from declnet_optimizer.adam import adam, adamax, adamw, nadam
from declnet_optimizer.lamb import lamb
from declnet_optimizer.lion import lion
from declnet_optimizer.rmsprop import rmsprop
from declnet_optimizer.sgd import sgd


@hookimpl
def declnet_optimizers() -> list[Component]:
    return [adadelta, adagrad, adam, adamax, adamw, lamb, lion, nadam, rmsprop, sgd]
