"""Losses of embeddings: what belongs together shall lie together."""

import numpy as np

from declnet import DeclnetError, LossNet, Value, loss


@loss("similarities.schema.json#cosine_similarity")
def cosine_similarity(net: LossNet, prediction: Value, *, axis: int) -> Value:
    """Mean of minus the cosine of the angle between prediction and target, both of shape (N, ...), along an axis.

    -1 is best and 1 is worst, as in Keras.

    Raises:
        LayerError: there is no such axis, or it is that of the batch.
    """
    last = prediction.rank - 1
    if axis == 0 or not -last <= axis <= last:
        raise net.error("there is no such axis", property="axis", found=f"{axis}", allowed=f"1 to {last}, or -1")
    target = net.target("float32", list(prediction.shape))
    product = unit(net, prediction, axis) * unit(net, target, axis)
    return -net.ReduceSum(product, [axis], keepdims=0)


@loss("similarities.schema.json#triplet")
def triplet(net: LossNet, prediction: Value, *, margin: float) -> tuple[Value, Value]:
    """Mean of max(0, margin + farthest of the same class - nearest of another), for embeddings (N, d) and classes (N).

    The batch-hard triplet loss of Hermans et al. (2017): each row of a batch is an anchor, and distances are Euclidean.
    A row counts if the batch has another row of its class and one of another class. The value depends on how
    rows fall into batches.

    Raises:
        LayerError: the prediction is not one vector for each row.
    """
    fellow, other, counts = partners(net, prediction, "triplet")
    distances = _distance(net, net.Unsqueeze(prediction, [1]) - net.Unsqueeze(prediction, [0]))
    farthest = net.ReduceMax(net.Where(fellow, distances, np.float32(0)), [1], keepdims=0)
    nearest = net.ReduceMin(net.Where(other, distances, np.float32(3e38)), [1], keepdims=0)
    return counts * net.Relu(farthest - nearest + float(margin)), counts


@loss("similarities.schema.json#triplet_margin", target=False)
def triplet_margin(net: LossNet, prediction: Value, *, margin: float) -> Value:
    """Mean of max(0, margin + |anchor - positive| - |anchor - negative|), for predictions (N, 3, d) and no target.

    The three vectors of a row are the embeddings of an anchor, of something like it and of something unlike it (Schroff
    et al., 2015, with distances in place of their squares, as in PyTorch).

    Raises:
        LayerError: the prediction does not have three vectors for each row.
    """
    if prediction.rank != 3 or prediction.shape[1] != 3:
        raise _not_of_shape(net, prediction, "triplet_margin", "(N, 3, d): anchor, positive and negative of each row")
    anchor, positive, negative = net.Split(prediction, axis=1, num_outputs=3, outputs=3)
    near, far = (net.Squeeze(_distance(net, anchor - each), [1]) for each in (positive, negative))
    return net.Relu(near - far + float(margin))


@loss("similarities.schema.json#contrastive")
def contrastive(net: LossNet, prediction: Value, *, margin: float) -> Value:
    """Mean of t d^2 + (1 - t) max(0, margin - d)^2, d the distance of two embeddings: (N, 2, d) against t, (N).

    The target is 1 for a pair that belongs together and 0 for one that does not (Hadsell et al., 2006, without their
    factor 1/2).

    Raises:
        LayerError: the prediction does not have two vectors for each row.
    """
    if prediction.rank != 3 or prediction.shape[1] != 2:
        raise _not_of_shape(net, prediction, "contrastive", "(N, 2, d): the two embeddings of each row")
    target = net.target("float32", [prediction.shape[0]])
    first, second = net.Split(prediction, axis=1, num_outputs=2, outputs=2)
    distance = net.Squeeze(_distance(net, first - second), [1])
    gap = net.Relu(float(margin) - distance)
    return target * (distance * distance) + (1.0 - target) * (gap * gap)


def partners(net: LossNet, prediction: Value, loss: str) -> tuple[Value, Value, Value]:
    """Which rows are of each row's class, itself aside, and which are not, (N, N); and 1 where a row has both, (N).

    The target holds the classes.

    Raises:
        LayerError: the prediction is not one vector for each row.
    """
    if prediction.rank != 2:
        raise _not_of_shape(net, prediction, loss, "(N, d), an embedding of each row")
    column = net.target("int64", [prediction.shape[0]])
    same = net.Equal(net.Unsqueeze(column, [1]), net.Unsqueeze(column, [0]))
    rows = net.Range(0, net.Squeeze(net.Shape(column), [0]), 1)
    itself = net.Equal(net.Unsqueeze(rows, [1]), net.Unsqueeze(rows, [0]))
    fellow, other = net.And(same, net.Not(itself)), net.Not(same)
    there = [net.ReduceMax(net.Cast(pairs, to=np.dtype("float32")), [1], keepdims=0) for pairs in (fellow, other)]
    return fellow, other, there[0] * there[1]


def unit(net: LossNet, x: Value, axis: int) -> Value:
    """*x* scaled to length 1 along *axis*; a vector of zeros stays one."""
    return x / net.Sqrt(net.Max(net.ReduceSum(x * x, [axis]), 1e-12))


def _distance(net: LossNet, difference: Value) -> Value:
    """The Euclidean norm along the last axis; at 0, where it has no slope, the slope is 0."""
    return net.Sqrt(net.Max(net.ReduceSum(difference * difference, [-1], keepdims=0), 1e-12))


def _not_of_shape(net: LossNet, prediction: Value, loss: str, allowed: str) -> DeclnetError:
    return net.error(f"{loss} does not fit the prediction", allowed=allowed)
