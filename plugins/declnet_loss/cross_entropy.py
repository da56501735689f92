"""Cross entropy between class logits and class targets."""

import numpy as np

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_count, class_target


@loss("cross_entropy.schema.json", expects="logits")
def cross_entropy(
    net: LossNet, prediction: Value, *, one_hot: bool, label_smoothing: float, class_weights: list[float] | None
) -> Value | tuple[Value, Value]:
    """Mean cross entropy of class logits: (N, classes, ...) against class numbers (N, ...) or probabilities.

    The mean of -sum_c q_c log softmax(prediction)_c over batch and positions, where q is 1 - label_smoothing at the
    target plus label_smoothing / classes everywhere (Szegedy et al., 2016). With class weights, term c is multiplied
    by weight c, and the sum is divided by the targets' weights instead of their number, as in PyTorch.

    Raises:
        LayerError: the prediction has no axis of classes, or there is not one weight for each class.
    """
    classes = class_count(net, prediction, "cross_entropy", class_weights)
    batch, _, *positions = prediction.shape
    scores = net.LogSoftmax(prediction, axis=1)
    weights = np.array([1.0] * classes if class_weights is None else class_weights, np.float32)
    by_class = weights.reshape(classes, *[1] * len(positions))
    if class_weights is not None:
        scores = scores * by_class
    if one_hot:
        target = net.target("float32", [batch, classes, *positions])
        hit = net.ReduceSum(target * scores, [1], keepdims=0)
    else:
        # Gathering costs less than a one-hot mask when classes are many, and lets a logit be minus infinity.
        target = class_target(net, prediction)
        hit = net.Squeeze(net.GatherElements(scores, net.Unsqueeze(target, [1]), axis=1), [1])
    if label_smoothing:
        hit = (1 - label_smoothing) * hit + label_smoothing / classes * net.ReduceSum(scores, [1], keepdims=0)
    if class_weights is None:
        return -hit
    mass = net.ReduceSum(target * by_class, [1], keepdims=0) if one_hot else net.Gather(weights, target)
    return -hit, mass
