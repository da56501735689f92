"""Gaussian noise."""

from declnet import Net, Value, layer


@layer("gaussian_noise.schema.json")
def gaussian_noise(net: Net, x: Value, *, standard_deviation: float) -> Value:
    """Add normal noise of mean 0 while training; do nothing afterwards.

    The noise is a function of (seed, step, layer).
    """
    if not net.training or standard_deviation == 0:
        return x
    return x + net.random.normal(x) * float(standard_deviation)
