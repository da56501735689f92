"""Cross entropy between class logits and class targets."""

import numpy as np

from declnet import loss


@loss("cross_entropy.schema.json", expects="logits")
def cross_entropy(net, prediction, *, one_hot, label_smoothing, class_weights):
    """Mean cross entropy of class logits: (N, classes, ...) against class numbers (N, ...) or probabilities.

    The mean of -sum_c q_c log softmax(prediction)_c over batch and positions, where q is 1 - label_smoothing at the
    target plus label_smoothing / classes everywhere (Szegedy et al., 2016). With class weights, term c is multiplied
    by weight c, and the sum is divided by the targets' weights instead of their number, as in PyTorch.

    Raises:
        LayerError: the prediction has no axis of classes, or there is not one weight for each class.
    """
    classes = _classes(net, prediction, class_weights)
    batch, _, *positions = prediction.shape
    scores = net.LogSoftmax(prediction, axis=1)
    if class_weights is not None:
        class_weights = np.array(class_weights, np.float32)
        weights = class_weights.reshape(classes, *[1] * len(positions))
        scores = scores * weights
    if one_hot:
        target = net.target("float32", [batch, classes, *positions])
        hit = net.ReduceSum(target * scores, [1])
    else:
        # Gathering costs less than a one-hot mask when classes are many, and lets a logit be minus infinity.
        target = net.Unsqueeze(net.target("int64", [batch, *positions], below=classes), [1])
        hit = net.GatherElements(scores, target, axis=1)
    if label_smoothing:
        hit = (1 - label_smoothing) * hit + label_smoothing / classes * net.ReduceSum(scores, [1])
    if class_weights is None:
        return -net.ReduceMean(hit, keepdims=0)
    mass = target * weights if one_hot else net.Gather(class_weights, target)
    # A batch that holds nothing but classes of weight 0 has the loss 0, not 0/0.
    return -net.ReduceSum(hit, keepdims=0) / net.Max(net.ReduceSum(mass, keepdims=0), 1e-12)


def _classes(net, prediction, class_weights):
    """The size of axis 1, which must be known, at least 2, and the number of weights."""
    shape = prediction.shape
    shown = f"a prediction of shape ({', '.join(map(str, shape))})"
    if len(shape) < 2 or not isinstance(shape[1], int):
        raise net.error(
            "cross_entropy needs one logit for each class along axis 1",
            found=shown,
            allowed="(N, classes) or (N, classes, ...)",
            hint="end the model with a dense layer that has one unit for each class",
        )
    if shape[1] < 2:
        raise net.error(
            "cross_entropy of a single class is always 0",
            found=shown,
            allowed="at least 2 classes along axis 1",
            hint='for two classes and one output, use the loss "binary_cross_entropy"',
        )
    if class_weights is not None and len(class_weights) != shape[1]:
        raise net.error(
            "there must be one weight for each class",
            property="class_weights",
            found=f"{len(class_weights)} weights for {shown}",
            allowed=f"{shape[1]} weights",
        )
    return shape[1]
