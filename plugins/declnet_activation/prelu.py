"""Parametric ReLU."""

from declnet import Net, Value, layer


@layer("prelu.schema.json")
def prelu(net: Net, x: Value, *, per_channel: bool) -> Value:
    """Keep what is positive and multiply the rest by a learnt slope: (N, ...) to the same shape.

    He et al. 2015; ONNX PRelu. The slope has shape [channels, 1, ...], or [1] where all values share it.
    """
    shape = [1]
    if per_channel and len(x.shape) > 1:
        shape = [x.shape[1]] + [1] * (len(x.shape) - 2)
    if not isinstance(shape[0], int):
        raise net.error(
            "a slope per channel needs a known number of channels",
            property="per_channel",
            hint="share one slope with per_channel false",
        )
    return net.PRelu(x, net.weight("slope", shape))
