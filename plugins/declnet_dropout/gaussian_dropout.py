"""Gaussian dropout."""

from math import sqrt

from declnet import Net, Value, layer


@layer("gaussian_dropout.schema.json")
def gaussian_dropout(net: Net, x: Value, *, rate: float) -> Value:
    """Multiply by normal noise of mean 1 while training; do nothing afterwards.

    Srivastava et al. 2014, section 10: standard deviation sqrt(rate / (1 - rate)), that of dropout's mask. The noise
    is a function of (seed, step, layer).
    """
    if not net.training or rate == 0:
        return x
    return x * (1.0 + net.random.normal(x) * sqrt(rate / (1 - rate)))
