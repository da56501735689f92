"""What losses of class scores, (N, classes, ...), share: the number of classes, the target, log softmax."""

from collections.abc import Sequence

from declnet import LossNet, Value


def class_count(net: LossNet, prediction: Value, loss: str, class_weights: Sequence[float] | None = None) -> int:
    """The size of axis 1, which must be known, at least 2, and the number of weights.

    Raises:
        LayerError: it is not.
    """
    shape = prediction.shape
    if len(shape) < 2 or not isinstance(shape[1], int):
        raise net.error(
            f"{loss} needs one logit for each class along axis 1",
            allowed="(N, classes) or (N, classes, ...)",
            hint="end the model with a dense layer that has one unit for each class",
        )
    if shape[1] < 2:
        raise net.error(
            f"{loss} of a single class teaches nothing",
            allowed="at least 2 classes along axis 1",
            hint='for two classes and one output, use the loss "binary_cross_entropy"',
        )
    if class_weights is not None and len(class_weights) != shape[1]:
        raise net.error(
            "there must be one weight for each class",
            property="class_weights",
            found=f"{len(class_weights)} weights for {shape[1]} classes",
            allowed=f"{shape[1]} weights",
        )
    return shape[1]


def class_target(net: LossNet, prediction: Value) -> Value:
    """The target as class numbers, int64 (N, ...)."""
    batch, classes, *positions = prediction.shape
    return net.target("int64", [batch, *positions], below=classes)


def log_softmax(net: LossNet, logits: Value) -> Value:
    """log(exp(logits) / sum(exp(logits))) over the classes, (N, classes, ...) to the same shape.

    By its formula where further axes follow: onnxruntime's LogSoftmax is up to six times slower there. What is taken
    off before the exponential changes nothing but its range, and a whole number has no gradient.
    """
    if logits.rank == 2:
        return net.LogSoftmax(logits, axis=1)
    shifted = logits - net.Ceil(net.ReduceMax(logits, [1]))
    return shifted - net.Log(net.ReduceSum(net.Exp(shifted), [1]))
