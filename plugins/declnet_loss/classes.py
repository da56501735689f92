"""What losses of class scores, (N, classes, ...), share: the number of classes, and the target."""

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
