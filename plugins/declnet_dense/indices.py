"""What layers that take indices share: the check that they are integers, and below a bound."""

from onnx import TensorProto

from declnet import Net, Value


def indices(net: Net, x: Value, bound: int) -> Value:
    """*x* as int64; an input of the model is required to lie in 0 .. bound - 1 when its data are loaded."""
    if not x.dtype.is_integer():
        raise net.error(
            "the layer takes integers",
            code="DN1401",
            hint='declare the input with "dtype": "int64"',
        )
    net.below(x, bound)
    return x if x.dtype.name == "INT64" else net.Cast(x, to=TensorProto.INT64)
