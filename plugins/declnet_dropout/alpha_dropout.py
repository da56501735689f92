"""Alpha dropout."""

from math import sqrt

from declnet import Net, Value, layer

# -scale * alpha of SELU: what it gives for ever more negative values.
LOWEST = -1.7580993408473766


@layer("alpha_dropout.schema.json")
def alpha_dropout(net: Net, x: Value, *, rate: float) -> Value:
    """Set a random share of the values to SELU's lower limit while training; do nothing afterwards.

    Klambauer et al. 2017: what results is scaled and shifted so that values of mean 0 and variance 1, as SELU gives
    them, keep both. The mask is a function of (seed, step, layer).
    """
    if not net.training or rate == 0:
        return x
    gain = 1 / sqrt((1 - rate) * (1 + rate * LOWEST**2))
    offset = -gain * LOWEST * rate
    return net.Where(net.random.bernoulli(x, 1 - rate), x, LOWEST) * gain + offset
