"""Dropout."""

from declnet import Net, Value, layer


@layer("dropout.schema.json")
def dropout(net: Net, x: Value, *, rate: float) -> Value:
    """Silence a random share of the values while training; do nothing afterwards.

    Inverted dropout (Srivastava et al. 2014): what is kept grows by 1 / (1 - rate), so that the mean stays. The
    mask is a function of (seed, step, layer).
    """
    if not net.training or rate == 0:
        return x
    return x * net.Where(net.random.bernoulli(x, 1 - rate), 1 / (1 - rate), 0.0)
