"""Samples of a Gaussian whose parameters are learnt."""

from declnet import Net, Value, layer
from declnet_vae.shapes import check_same


@layer("sampling.schema.json")
def sampling(net: Net, mean: Value, log_variance: Value, *, when: str) -> dict[str, Value]:
    """Draw from a diagonal Gaussian: its mean and the logarithm of its variance (N, ...) to the same shape.

    mean + exp(log_variance / 2) noise, with noise from the unit Gaussian, so that gradients reach both inputs (the
    reparameterisation of Kingma and Welling, 2014). The noise is a function of (seed, step, layer, place): training
    repeats it exactly, and a served model draws other noise where its optional input `seed` is another. The second
    result, `divergence` (N,), is kl_gaussian from the unit Gaussian, for the loss minimize.
    """
    check_same(net, mean, log_variance)
    output = mean
    if net.training or when == "always":
        output = mean + net.Exp(log_variance * 0.5) * net.random.normal(mean)
    return {"output": output, "divergence": net.layer("kl_gaussian", mean, log_variance)}
