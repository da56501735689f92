"""Reduce."""

from declnet import Net, Value, layer
from declnet_shape.axes import axes_of

OPERATORS = {
    "mean": "ReduceMean",
    "sum": "ReduceSum",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "product": "ReduceProd",
    "l1": "ReduceL1",
    "l2": "ReduceL2",
    "sum_square": "ReduceSumSquare",
    "log_sum_exp": "ReduceLogSumExp",
}


@layer("reduce.schema.json")
def reduce(net: Net, x: Value, *, operation: str, axes: list[int] | None, keep_dims: bool) -> Value:
    """Make one value of all values along some axes: the mean over the steps of a sequence, say. ONNX Reduce…."""
    axes = list(range(1, len(x.shape))) if axes is None else axes_of(net, x, axes, "axes")
    return net.op(OPERATORS[operation], x, axes, keepdims=int(keep_dims)) if axes else x
