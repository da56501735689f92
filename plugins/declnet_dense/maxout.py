"""Maxout."""

from declnet import Net, Value, layer


@layer("maxout.schema.json")
def maxout(net: Net, x: Value, *, units: int, pieces: int, bias: bool) -> Value:
    """Take the largest of several linear pieces for each unit: (N, ..., features) to (N, ..., units).

    Goodfellow et al. 2013; max over pieces of x @ kernel + bias, with kernel [features, units * pieces], in which the
    pieces of a unit stand side by side, and bias [units * pieces].
    """
    *batch, features = x.shape
    if not batch or not isinstance(features, int):
        raise net.error(
            "maxout needs a last axis of known size after the batch",
            code="DN1401",
            hint="use flatten to bring all values of a sample onto one axis",
        )
    y = x @ net.weight("kernel", [features, units * pieces], fans=(features, units))
    if bias:
        y = y + net.weight("bias", [units * pieces])
    return net.ReduceMax(net.Reshape(y, [0] * len(batch) + [units, pieces]), [-1], keepdims=0)
