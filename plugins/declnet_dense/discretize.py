"""Discretize."""

from itertools import pairwise

from onnx import TensorProto

from declnet import Net, Value, layer


@layer("discretize.schema.json")
def discretize(net: Net, x: Value, *, boundaries: list[float]) -> Value:
    """Number the bin that each value falls into, for embedding or one_hot: (N, ...) to integers of the same shape.

    Bin 0 lies below the first boundary, the last bin from the last boundary on. No gradient flows through it.
    """
    if any(low >= high for low, high in pairwise(boundaries)):
        raise net.error("boundaries must ascend", property="boundaries", found=str(boundaries))
    x = x if x.dtype == TensorProto.FLOAT else net.Cast(x, to=TensorProto.FLOAT)
    passed = net.GreaterOrEqual(net.Unsqueeze(x, [-1]), [float(each) for each in boundaries])
    return net.ReduceSum(net.Cast(passed, to=TensorProto.INT64), [-1], keepdims=0)
