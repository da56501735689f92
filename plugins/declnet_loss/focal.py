"""Focal losses: cross entropy that turns away from what is predicted well already (Lin et al., 2017)."""

import numpy as np

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_count, class_target


@loss("focal.schema.json#focal", expects="logits")
def focal(net: LossNet, prediction: Value, *, gamma: float, class_weights: list[float] | None) -> Value:
    """Mean focal loss of class logits: (N, classes, ...) against class numbers (N, ...).

    -w (1 - p)^gamma log p, where p is the softmax of the right class and w its weight (the paper's alpha). Unlike
    cross_entropy, the mean is not divided by the weights, as in the paper and Keras.

    Raises:
        LayerError: the prediction has no axis of classes, or there is not one weight for each class.
    """
    class_count(net, prediction, "focal", class_weights)
    target = class_target(net, prediction)
    scores = net.LogSoftmax(prediction, axis=1)
    right = net.Squeeze(net.GatherElements(scores, net.Unsqueeze(target, [1]), axis=1), [1])
    # Above 0, where a power below 1 would have an infinite slope.
    each = -net.Pow(net.Max(1.0 - net.Exp(right), 1e-12), float(gamma)) * right
    return each if class_weights is None else net.Gather(np.array(class_weights, np.float32), target) * each


@loss("focal.schema.json#binary_focal", expects="logits")
def binary_focal(net: LossNet, prediction: Value, *, gamma: float, alpha: float | None) -> Value:
    """Mean focal loss of logits against targets 0 and 1, both of shape (N, ...).

    -w (1 - p)^gamma log p, where p is the probability of the target, and w is alpha for targets 1 and 1 - alpha for
    targets 0. With z the logit, turned round for targets 0, that is w exp(-gamma softplus(z)) softplus(-z).
    """
    target = net.target("float32", list(prediction.shape))
    towards = (2.0 * target - 1.0) * prediction
    each = net.Exp(-float(gamma) * net.Softplus(towards)) * net.Softplus(-towards)
    return each if alpha is None else (target * (2 * alpha - 1) + (1 - alpha)) * each
