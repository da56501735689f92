"""A cross entropy that does not trust every label."""

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_count, class_target


@loss("generalized_cross_entropy.schema.json", expects="logits")
def generalized_cross_entropy(net: LossNet, prediction: Value, *, q: float) -> Value:
    """Mean of (1 - p^q) / q, p the probability of the right class: logits (N, classes, ...) against numbers (N, ...).

    Between cross entropy, its limit at q = 0, and the mean absolute error, q = 1, which wrong labels hardly move
    (Zhang and Sabuncu, 2018).

    Raises:
        LayerError: the prediction has no axis of classes.
    """
    class_count(net, prediction, "generalized_cross_entropy")
    target = net.Unsqueeze(class_target(net, prediction), [1])
    right = net.Squeeze(net.GatherElements(net.LogSoftmax(prediction, axis=1), target, axis=1), [1])
    return (1.0 - net.Exp(float(q) * right)) / float(q)
