"""The gated linear unit."""

from declnet import layer


@layer("gated.schema.json")
def gated(net, x, *, units, activation):
    """Multiply a dense layer by the sigmoid of another: (N, ..., features) to (N, ..., units).

    Source: Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2017.
    """
    weights = net.chosen("kernel", "bias")
    value = net.layer("dense", x, units=units, activation=activation, name="value", **weights)
    gate = net.layer("dense", x, units=units, activation="sigmoid", name="gate", **weights)
    return value * gate
