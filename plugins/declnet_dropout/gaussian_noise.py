"""Gaussian noise."""

from declnet import layer


@layer("gaussian_noise.schema.json")
def gaussian_noise(net, x, *, standard_deviation):
    """Add normal noise of mean 0 while training; do nothing afterwards.

    The noise is a function of (seed, step, layer).
    """
    if not net.training or standard_deviation == 0:
        return x
    return x + net.random.normal(x) * float(standard_deviation)
