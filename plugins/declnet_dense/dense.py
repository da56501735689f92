"""The dense, or fully connected, layer."""

from declnet import layer


@layer("dense.schema.json")
def dense(
    net, x, *, units, bias, activation,
    kernel_initializer, bias_initializer,
    kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint,
):  # fmt: skip
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
    bounds = {"regularizer": kernel_regularizer, "constraint": kernel_constraint}
    kernel = net.weight("kernel", [features, units], kernel_initializer, **bounds)
    if not bias:
        return net.activation(x @ kernel, activation)
    bounds = {"regularizer": bias_regularizer, "constraint": bias_constraint}
    offset = net.weight("bias", [units], bias_initializer, **bounds)
    return net.activation(net.Gemm(x, kernel, offset) if len(batch) == 1 else x @ kernel + offset, activation)
