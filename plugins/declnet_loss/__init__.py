"""Losses: what training makes small.

Each returns its values, (N, ...), of which declnet takes the mean, weighted or masked where the spec says so.
"""

from declnet import Component, hookimpl
from declnet_loss.binary_cross_entropy import binary_cross_entropy
from declnet_loss.circle import circle
from declnet_loss.cross_entropy import cross_entropy
from declnet_loss.ctc import ctc
from declnet_loss.dice import dice, tversky
from declnet_loss.focal import binary_focal, focal
from declnet_loss.generalized_cross_entropy import generalized_cross_entropy
from declnet_loss.hinges import categorical_hinge, hinge, squared_hinge
from declnet_loss.likelihoods import kl_divergence, poisson
from declnet_loss.mean_errors import (
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from declnet_loss.similarities import contrastive, cosine_similarity, triplet, triplet_margin


@hookimpl
def declnet_losses() -> list[Component]:
    return [
        binary_cross_entropy,
        binary_focal,
        categorical_hinge,
        circle,
        contrastive,
        cosine_similarity,
        cross_entropy,
        ctc,
        dice,
        focal,
        generalized_cross_entropy,
        hinge,
        huber,
        kl_divergence,
        log_cosh,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        mean_squared_logarithmic_error,
        poisson,
        squared_hinge,
        triplet,
        triplet_margin,
        tversky,
    ]
