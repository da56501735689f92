"""Bring prediction and target to one shape, or refuse: broadcasting would compare every row with every other."""

import numpy as np

from declnet import DataError


def paired(prediction: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays in the prediction's shape; axes of size 1, as in (N, 1) against (N,), make no difference.

    Raises:
        DataError: the shapes differ in more than axes of size 1.
    """
    sizes = [[size for size in array.shape[1:] if size != 1] for array in (prediction, target)]
    if len(prediction) != len(target) or sizes[0] != sizes[1]:
        raise DataError(
            "prediction and target differ in shape",
            code="DN4002",
            found=f"a prediction of shape {prediction.shape}, a target of shape {target.shape}",
            allowed="one shape for both",
            hint="check the metric's 'from' and 'target'",
        )
    return prediction, target.reshape(prediction.shape)


def class_numbers(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The class numbers of a target that holds them, or one-hot rows, for scores of shape (N, classes, ...).

    Raises:
        DataError: the shapes do not fit.
    """
    positions = (prediction.shape[0], *prediction.shape[2:])
    if target.shape == prediction.shape:
        return target.argmax(axis=1)
    if target.shape in (positions, (*positions, 1)):
        return target.reshape(positions).astype(np.int64)
    raise DataError(
        "the target does not fit the class scores",
        code="DN4002",
        found=f"scores of shape {prediction.shape}, a target of shape {target.shape}",
        allowed=f"class numbers of shape {positions}, or one-hot rows of shape {prediction.shape}",
        hint="check the metric's 'from' and 'target'",
    )
