"""A penalty on what a layer gives."""

import numpy as np

from declnet import Choice, Net, Value, layer


@layer("activity_regularization.schema.json")
def activity_regularization(net: Net, x: Value, *, regularizer: Choice | None) -> Value:
    """Pass values on unchanged, and add their penalty to the loss, divided by the number of rows: any shape.

    Keras' ActivityRegularization; with l1, what the layer before gives becomes sparse.
    """
    if regularizer is not None:
        rows = net.Cast(net.Squeeze(net.Shape(x, start=0, end=1), [0]), to=np.dtype("float32"))
        net.penalty(net.apply("regularizer", regularizer, x) / rows)
    return net.Identity(x)
