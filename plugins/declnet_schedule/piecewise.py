"""A learning rate that changes at given steps."""

import itertools

import numpy as np

from declnet import OptimizerNet, Value, schedule


@schedule("piecewise.schema.json")
def piecewise(net: OptimizerNet, step: Value, *, boundaries: list[int], values: list[float]) -> Value:
    """One rate after another: values[0] before step boundaries[0], then values[1], and so on.

    The rate changes at the boundary itself, the first step being number 0: with the boundary 100, a hundred steps have
    the first rate. (In keras.optimizers.schedules.PiecewiseConstantDecay they are a hundred and one.)

    Raises:
        LayerError: there is not one value more than boundaries, or the boundaries do not rise.
    """
    if len(values) != len(boundaries) + 1:
        raise net.error(
            "a piecewise rate has one value more than boundaries",
            property="values",
            found=f"{len(values)} values for {len(boundaries)} boundaries",
            allowed=f"{len(boundaries) + 1} values",
        )
    if any(a >= b for a, b in itertools.pairwise(boundaries)):
        raise net.error("the boundaries must rise", property="boundaries", found=f"{boundaries}")
    passed = net.Cast(net.GreaterOrEqual(step, np.array(boundaries, np.float32)), to=np.dtype("int64"))
    return net.Gather(np.array(values, np.float32), net.ReduceSum(passed, keepdims=0), axis=0)
