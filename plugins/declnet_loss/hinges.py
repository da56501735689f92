"""Hinge losses: nothing more is wanted of a score that is right by a margin."""

import numpy as np

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_count, class_target


@loss("hinges.schema.json#hinge", expects="logits")
def hinge(net: LossNet, prediction: Value) -> Value:
    """Mean of max(0, 1 - y x) over scores x and targets of one shape, (N, ...): the support vector machine's loss.

    y is 1 for targets above 1/2, else -1, so that the two classes may be 0 and 1 or -1 and 1.
    """
    return _hinge(net, prediction)


@loss("hinges.schema.json#squared_hinge", expects="logits")
def squared_hinge(net: LossNet, prediction: Value) -> Value:
    """Mean of max(0, 1 - y x)^2 over scores x and targets of one shape, (N, ...).

    y is 1 for targets above 1/2, else -1, so that the two classes may be 0 and 1 or -1 and 1.
    """
    each = _hinge(net, prediction)
    return each * each


@loss("hinges.schema.json#categorical_hinge", expects="logits")
def categorical_hinge(net: LossNet, prediction: Value, *, margin: float) -> Value:
    """Mean of max(0, margin + best wrong score - right score): (N, classes, ...) against class numbers (N, ...).

    Crammer and Singer (2001). Keras, beside this, never takes the best wrong score for less than 0.

    Raises:
        LayerError: the prediction has no axis of classes.
    """
    classes = class_count(net, prediction, "categorical_hinge")
    target = net.Unsqueeze(class_target(net, prediction), [1])
    numbers = np.arange(classes).reshape(1, classes, *[1] * (prediction.rank - 2))
    wrong = net.Where(net.Equal(target, numbers), np.float32(-np.inf), prediction)
    best = net.ReduceMax(wrong, [1], keepdims=0)
    right = net.Squeeze(net.GatherElements(prediction, target, axis=1), [1])
    return net.Relu(best - right + float(margin))


def _hinge(net: LossNet, prediction: Value) -> Value:
    side = net.Sign(net.target("float32", list(prediction.shape)) - 0.5)
    return net.Relu(1.0 - side * prediction)
