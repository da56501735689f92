"""Random inputs of a generator."""

from declnet import Net, Value, layer


@layer("noise.schema.json")
def noise(net: Net, x: Value, *, shape: list[int], distribution: str) -> Value:
    """Random numbers (N, *shape), with as many rows as the input has, whose values are not read.

    From the unit Gaussian, or uniform on [-1, 1). A function of (seed, step, layer, place): training repeats them
    exactly; a served model gives the first row of every batch the same numbers, the second row others, and so on, until
    its optional input `seed` is another.
    """
    rows = net.Shape(x, start=0, end=1)
    like = net.ConstantOfShape(net.Concat(rows, shape, axis=0))
    if distribution == "uniform":
        return net.random.uniform(like) * 2.0 - 1.0
    return net.random.normal(like)
