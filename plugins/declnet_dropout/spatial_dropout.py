"""Spatial dropout."""

from declnet import Net, Value, layer


@layer("spatial_dropout.schema.json")
def spatial_dropout(net: Net, x: Value, *, rate: float, axis: int) -> Value:
    """Silence a random share of whole channels while training; do nothing afterwards.

    Tompson et al. 2015. What is kept grows by 1 / (1 - rate), so that the mean stays. The mask is a function of
    (seed, step, layer).
    """
    rank = len(x.shape)
    channels = axis + rank if axis < 0 else axis
    if not 1 <= channels < rank:
        raise net.error(
            f"the input has no axis {axis} of channels",
            code="DN1401",
            property="axis",
            allowed=f"1 to {rank - 1}, or -1 to {1 - rank}" if rank > 1 else "no axis: the input has only the batch",
        )
    if not net.training or rate == 0:
        return x
    within = [index for index in range(1, rank) if index != channels]
    # One entry per sample and channel has the shape that the mask needs.
    like = net.Slice(x, [0] * len(within), [1] * len(within), within) if within else x
    return x * net.Where(net.random.bernoulli(like, 1 - rate), 1 / (1 - rate), 0.0)
