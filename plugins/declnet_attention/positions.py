"""The positions of a sequence whose number of steps may be unknown until the model runs."""

import numpy as np

from declnet import Net, Value


def positions(net: Net, x: Value) -> Value | np.ndarray:
    """The positions 0, 1, ... of the steps of *x* (N, steps, ...), int64 (steps,); a numpy array where it is known."""
    count = x.shape[1]
    if isinstance(count, int):
        return np.arange(count, dtype=np.int64)
    # Unlike Range's, the result has a size that is known to be that of the axis.
    ones = net.ConstantOfShape(net.Shape(x, start=1, end=2), value=np.ones(1, np.int64))
    return net.CumSum(ones, 0, exclusive=1)


def waves(net: Net, x: Value, rates: np.ndarray) -> tuple[Value | np.ndarray, Value | np.ndarray]:
    """Sine and cosine of each position of *x* times each of the numbers *rates*, both float32 (steps, *rates.shape)."""
    steps = positions(net, x)
    if isinstance(steps, np.ndarray):
        known = np.multiply.outer(steps, rates)
        return np.sin(known).astype(np.float32), np.cos(known).astype(np.float32)
    steps = net.Unsqueeze(net.Cast(steps, to=np.dtype("float32")), list(range(1, 1 + rates.ndim)))
    angles = steps * rates.astype(np.float32)
    return net.Sin(angles), net.Cos(angles)
