"""Losses of segmentation: how far the predicted and the true areas lie over each other."""

import numpy as np

from declnet import LossNet, Value, loss
from declnet_loss.classes import class_target


@loss("dice.schema.json#dice", expects="logits")
def dice(net: LossNet, prediction: Value, *, smooth: float) -> Value:
    """Mean of 1 - 2 sum(p t) / (sum(p) + sum(t)), the sums taken over the positions of each example and class.

    From logits (N, classes, ...): with several classes p is the softmax and the target holds class numbers (N, ...);
    with one, p is the logistic function and the target holds 0 and 1, of the prediction's shape. It minds a small
    object as much as a large one (Milletari et al., 2016, with sums in place of sums of squares, as in Keras).
    ``smooth`` is added to both sides of the fraction. A mask counts examples and classes, not positions.

    Raises:
        LayerError: the prediction has no axis of positions.
    """
    probability, target, axes = _areas(net, prediction, "dice")
    shared = net.ReduceSum(probability * target, axes, keepdims=0)
    total = net.ReduceSum(probability + target, axes, keepdims=0)
    return 1.0 - (2.0 * shared + float(smooth)) / (total + float(smooth))


@loss("dice.schema.json#tversky", expects="logits")
def tversky(net: LossNet, prediction: Value, *, alpha: float, beta: float, smooth: float) -> Value:
    """Mean of 1 - h / (h + alpha f + beta m), for the sums of hits h, of false alarms f and of misses m.

    They are p t, p (1 - t) and (1 - p) t. Prediction, target and sums are as for dice, which has alpha and beta 1/2
    and twice the ``smooth``. A beta above alpha finds more of a rare class (Salehi et al., 2017). In Keras 3.15 alpha
    stands at the misses.

    Raises:
        LayerError: the prediction has no axis of positions.
    """
    probability, target, axes = _areas(net, prediction, "tversky")
    hits = net.ReduceSum(probability * target, axes, keepdims=0)
    alarms = net.ReduceSum(probability, axes, keepdims=0) - hits
    misses = net.ReduceSum(target, axes, keepdims=0) - hits
    return 1.0 - (hits + float(smooth)) / (hits + float(alpha) * alarms + float(beta) * misses + float(smooth))


def _areas(net: LossNet, prediction: Value, loss: str) -> tuple[Value, Value, list[int]]:
    """Probabilities and truth of each class at each position, (N, classes, ...), and the axes of the positions."""
    if prediction.rank < 3 or not isinstance(prediction.shape[1], int):
        raise net.error(
            f"{loss} needs positions to sum over, after the classes",
            allowed="(N, classes, ...) with at least one axis of positions",
            hint='for one label of each row, use the loss "cross_entropy"',
        )
    classes, axes = prediction.shape[1], list(range(2, prediction.rank))
    if classes == 1:
        return net.Sigmoid(prediction), net.target("float32", list(prediction.shape)), axes
    numbers = np.arange(classes).reshape(1, classes, *[1] * len(axes))
    here = net.Equal(net.Unsqueeze(class_target(net, prediction), [1]), numbers)
    return net.Softmax(prediction, axis=1), net.Cast(here, to=np.dtype("float32")), axes
