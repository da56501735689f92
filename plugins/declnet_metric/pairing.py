"""Bring prediction and target to one shape, or refuse: broadcasting would compare every row with every other."""

from declnet import DataError


def paired(prediction, target):
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
