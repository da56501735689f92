"""The dice loss of segmentation."""

import numpy as np

from declnet import loss
from declnet_loss.classes import class_target


@loss("dice.schema.json", expects="logits")
def dice(net, prediction, *, smooth):
    """Mean of 1 - 2 sum(p t) / (sum(p) + sum(t)), the sums taken over the positions of each example and class.

    From logits (N, classes, ...): with several classes p is the softmax and the target holds class numbers (N, ...);
    with one, p is the logistic function and the target holds 0 and 1, of the prediction's shape. It minds a small
    object as much as a large one (Milletari et al., 2016, with sums in place of sums of squares, as in Keras).
    ``smooth`` is added to both sides of the fraction. A mask counts examples and classes, not positions.

    Raises:
        LayerError: the prediction has no axis of positions.
    """
    if prediction.rank < 3 or not isinstance(prediction.shape[1], int):
        raise net.error(
            "dice needs positions to sum over, after the classes",
            found=f"a prediction of shape ({', '.join(map(str, prediction.shape))})",
            allowed="(N, classes, ...) with at least one axis of positions",
            hint='for one label of each row, use the loss "cross_entropy"',
        )
    classes, axes = prediction.shape[1], list(range(2, prediction.rank))
    if classes == 1:
        target, probability = net.target("float32", list(prediction.shape)), net.Sigmoid(prediction)
    else:
        numbers = np.arange(classes).reshape(1, classes, *[1] * len(axes))
        here = net.Equal(net.Unsqueeze(class_target(net, prediction), [1]), numbers)
        target, probability = net.Cast(here, to=np.dtype("float32")), net.Softmax(prediction, axis=1)
    shared = net.ReduceSum(probability * target, axes, keepdims=0)
    total = net.ReduceSum(probability + target, axes, keepdims=0)
    return 1.0 - (2.0 * shared + float(smooth)) / (total + float(smooth))
