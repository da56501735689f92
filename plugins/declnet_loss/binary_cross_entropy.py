"""Binary cross entropy between logits and targets of the same shape."""

from declnet import LossNet, Value, loss


@loss("binary_cross_entropy.schema.json", expects="logits")
def binary_cross_entropy(
    net: LossNet, prediction: Value, *, label_smoothing: float, positive_weight: float | None
) -> Value:
    """Mean binary cross entropy of logits against targets in [0, 1], both of shape (N, ...).

    The mean over batch and outputs of -w t log s(x) - (1 - t) log(1 - s(x)), where s is the logistic function and w
    the positive weight. Written as softplus(x) - t x, which neither overflows nor takes the logarithm of 0. Label
    smoothing e replaces t by t (1 - e) + e / 2, as in Keras.
    """
    target = net.target("float32", list(prediction.shape))
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / 2
    if positive_weight is None:
        return net.Softplus(prediction) - target * prediction
    weight = target * (positive_weight - 1) + 1
    return prediction - target * prediction + weight * net.Softplus(-prediction)
