"""Losses: scalars that training makes small, each a mean over the batch."""

from declnet import hookimpl
from declnet_loss.binary_cross_entropy import binary_cross_entropy
from declnet_loss.cross_entropy import cross_entropy
from declnet_loss.mean_errors import mean_absolute_error, mean_squared_error


@hookimpl
def declnet_losses():
    return [binary_cross_entropy, cross_entropy, mean_absolute_error, mean_squared_error]
