"""What generative models need: samples of a Gaussian, the divergence of two, noise, and a loss without a target."""

from declnet import Component, hookimpl
from declnet_vae.kl_gaussian import kl_gaussian
from declnet_vae.minimize import minimize
from declnet_vae.noise import noise
from declnet_vae.sampling import sampling


@hookimpl
def declnet_layers() -> list[Component]:
    return [kl_gaussian, noise, sampling]


@hookimpl
def declnet_losses() -> list[Component]:
    return [minimize]
