"""Losses of the distance between prediction and target, which have one shape, (N, ...)."""

import math

from declnet import LossNet, Value, loss


@loss("mean_errors.schema.json#mean_squared_error")
def mean_squared_error(net: LossNet, prediction: Value) -> Value:
    """Mean of the squared differences between prediction and target, both of shape (N, ...)."""
    difference = _difference(net, prediction)
    return difference * difference


@loss("mean_errors.schema.json#mean_absolute_error")
def mean_absolute_error(net: LossNet, prediction: Value) -> Value:
    """Mean of the absolute differences between prediction and target, both of shape (N, ...).

    Where they are equal, the gradient is 0.
    """
    return net.Abs(_difference(net, prediction))


@loss("mean_errors.schema.json#mean_absolute_percentage_error")
def mean_absolute_percentage_error(net: LossNet, prediction: Value) -> Value:
    """Mean of the absolute differences in percent of the target, both of shape (N, ...).

    100 |x - t| / max(|t|, 1e-7), as in Keras: targets near 0 weigh without bound.
    """
    target = net.target("float32", list(prediction.shape))
    return 100.0 * net.Abs(prediction - target) / net.Max(net.Abs(target), 1e-7)


@loss("mean_errors.schema.json#mean_squared_logarithmic_error")
def mean_squared_logarithmic_error(net: LossNet, prediction: Value) -> Value:
    """Mean of the squared differences of log(1 + x), prediction and target at least 0 and both of shape (N, ...).

    What is below 0 is taken for 0, as in Keras.
    """
    target = net.target("float32", list(prediction.shape))
    difference = net.Log(net.Relu(prediction) + 1.0) - net.Log(net.Relu(target) + 1.0)
    return difference * difference


@loss("mean_errors.schema.json#huber")
def huber(net: LossNet, prediction: Value, *, delta: float) -> Value:
    """Mean of half the squared difference where it is small, and of a straight line beyond delta (Huber, 1964).

    d^2 / 2 for |d| <= delta, else delta |d| - delta^2 / 2, as in Keras and PyTorch, for prediction and target of shape
    (N, ...). It hardly minds outliers.
    """
    difference = _difference(net, prediction)
    within = net.Clip(difference, -float(delta), float(delta))
    return within * (difference - 0.5 * within)


@loss("mean_errors.schema.json#log_cosh")
def log_cosh(net: LossNet, prediction: Value) -> Value:
    """Mean of log cosh of the difference between prediction and target, both of shape (N, ...).

    Nearly d^2 / 2 for small differences d, and |d| - log 2 for large ones. Written as |d| + log((1 + exp(-2 |d|)) / 2),
    which does not overflow.
    """
    distance = net.Abs(_difference(net, prediction))
    return distance + net.Softplus(-2.0 * distance) - math.log(2)


def _difference(net: LossNet, prediction: Value) -> Value:
    return prediction - net.target("float32", list(prediction.shape))
