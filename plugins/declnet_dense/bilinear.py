"""The bilinear layer."""

from declnet import Choice, Net, Value, layer


@layer("bilinear.schema.json")
def bilinear(net: Net, first: Value, second: Value, *, units: int, bias: bool, activation: Choice) -> Value:
    """Weigh the products of the values of two inputs: (N, ..., a) and (N, ..., b) to (N, ..., units).

    activation(sum over i, j of first[i] * kernel[i, j] * second[j] + bias), kernel [a, b, units] and bias [units].
    """
    *batch, a = first.shape
    b = second.shape[-1]
    if not batch or len(second.shape) != len(first.shape) or not (isinstance(a, int) and isinstance(b, int)):
        raise net.error(
            "bilinear needs two inputs with equal numbers of axes and last axes of known size",
            code="DN1401",
            allowed="(N, a) and (N, b), (N, steps, a) and (N, steps, b), ...",
        )
    kernel = net.weight("kernel", [a, b, units])
    # One matrix (b, units) for each sample, made by its first vector.
    matrices = net.Reshape(first @ net.Reshape(kernel, [a, b * units]), [0] * len(batch) + [b, units])
    y = net.Squeeze(net.Unsqueeze(second, [-2]) @ matrices, [-2])
    if bias:
        y = y + net.weight("bias", [units])
    return net.activation(y, activation)
