"""The dense, or fully connected, layer."""

from declnet import Choice, Net, Value, layer


@layer("dense.schema.json")
def dense(net: Net, x: Value, *, units: int, bias: bool, activation: Choice) -> Value:
    """Multiply the last axis by a weight matrix and add a bias: (N, ..., features) to (N, ..., units).

    activation(x @ kernel + bias) with kernel [features, units] and bias [units]; ONNX Gemm, or MatMul and Add.
    """
    *batch, features = x.shape
    if not batch or not isinstance(features, int):
        raise net.error(
            "dense needs a last axis of known size after the batch",
            code="DN1401",
            hint="use flatten to bring all values of a sample onto one axis",
        )
    kernel = net.weight("kernel", [features, units])
    if not bias:
        return net.activation(x @ kernel, activation)
    offset = net.weight("bias", [units])
    return net.activation(net.Gemm(x, kernel, offset) if len(batch) == 1 else x @ kernel + offset, activation)
