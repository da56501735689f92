"""Losses that average the distance between prediction and target."""

from declnet import loss


@loss("mean_errors.schema.json#mean_squared_error")
def mean_squared_error(net, prediction):
    """Mean of the squared differences between prediction and target, both of shape (N, ...)."""
    difference = prediction - net.target("float32", list(prediction.shape))
    return net.ReduceMean(difference * difference, keepdims=0)


@loss("mean_errors.schema.json#mean_absolute_error")
def mean_absolute_error(net, prediction):
    """Mean of the absolute differences between prediction and target, both of shape (N, ...).

    Where they are equal, the gradient is 0.
    """
    difference = prediction - net.target("float32", list(prediction.shape))
    return net.ReduceMean(net.Abs(difference), keepdims=0)
