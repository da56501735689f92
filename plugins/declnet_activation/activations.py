"""The activations: functions from a value to one of the same shape, each one ONNX operator where there is one.

An activation whose values are probabilities, or their logarithms, along an axis says so by ``yields``.
"""

from declnet import Net, Value, activation

SCHEMAS = "activations.schema.json"


@activation(f"{SCHEMAS}#linear")
def linear(net: Net, x: Value) -> Value:
    """x, unchanged."""
    return x


@activation(f"{SCHEMAS}#relu")
def relu(net: Net, x: Value) -> Value:
    """max(0, x). ONNX Relu."""
    return net.Relu(x)


@activation(f"{SCHEMAS}#relu6")
def relu6(net: Net, x: Value) -> Value:
    """min(max(0, x), 6). ONNX Clip."""
    return net.Clip(x, 0.0, 6.0)


@activation(f"{SCHEMAS}#leaky_relu")
def leaky_relu(net: Net, x: Value, *, alpha: float) -> Value:
    """x where x >= 0, alpha * x elsewhere. ONNX LeakyRelu."""
    return net.LeakyRelu(x, alpha=alpha)


@activation(f"{SCHEMAS}#thresholded_relu")
def thresholded_relu(net: Net, x: Value, *, alpha: float) -> Value:
    """x where x > alpha, 0 elsewhere. ONNX ThresholdedRelu."""
    return net.ThresholdedRelu(x, alpha=alpha)


@activation(f"{SCHEMAS}#elu")
def elu(net: Net, x: Value, *, alpha: float) -> Value:
    """x where x >= 0, alpha * (exp(x) - 1) elsewhere: Clevert et al. 2016. ONNX Elu."""
    return net.Elu(x, alpha=alpha)


@activation(f"{SCHEMAS}#celu")
def celu(net: Net, x: Value, *, alpha: float) -> Value:
    """x where x >= 0, alpha * (exp(x / alpha) - 1) elsewhere: Barron 2017. ONNX Celu."""
    return net.Celu(x, alpha=alpha)


@activation(f"{SCHEMAS}#selu")
def selu(net: Net, x: Value, *, alpha: float, gamma: float) -> Value:
    """gamma * x where x > 0, gamma * alpha * (exp(x) - 1) elsewhere: Klambauer et al. 2017. ONNX Selu."""
    return net.Selu(x, alpha=alpha, gamma=gamma)


@activation(f"{SCHEMAS}#gelu")
def gelu(net: Net, x: Value, *, approximate: str) -> Value:
    """x * P(X <= x) for a standard normal X: Hendrycks and Gimpel 2016. ONNX Gelu."""
    return net.Gelu(x, approximate=approximate)


@activation(f"{SCHEMAS}#sigmoid", yields="probabilities")
def sigmoid(net: Net, x: Value) -> Value:
    """1 / (1 + exp(-x)). ONNX Sigmoid."""
    return net.Sigmoid(x)


@activation(f"{SCHEMAS}#log_sigmoid")
def log_sigmoid(net: Net, x: Value) -> Value:
    """log(1 / (1 + exp(-x))), finite for every x. ONNX Softplus, twice negated."""
    return -net.Softplus(-x)


@activation(f"{SCHEMAS}#hard_sigmoid")
def hard_sigmoid(net: Net, x: Value, *, alpha: float, beta: float) -> Value:
    """alpha * x + beta, held between 0 and 1. ONNX HardSigmoid."""
    return net.HardSigmoid(x, alpha=alpha, beta=beta)


@activation(f"{SCHEMAS}#tanh")
def tanh(net: Net, x: Value) -> Value:
    """The hyperbolic tangent. ONNX Tanh."""
    return net.Tanh(x)


@activation(f"{SCHEMAS}#hard_tanh")
def hard_tanh(net: Net, x: Value) -> Value:
    """min(max(-1, x), 1). ONNX Clip."""
    return net.Clip(x, -1.0, 1.0)


@activation(f"{SCHEMAS}#silu")
def silu(net: Net, x: Value) -> Value:
    """x * sigmoid(x), the swish with alpha 1: Elfwing et al. 2017."""
    return x * net.Sigmoid(x)


@activation(f"{SCHEMAS}#swish")
def swish(net: Net, x: Value, *, alpha: float) -> Value:
    """x * sigmoid(alpha * x): Ramachandran et al. 2017."""
    return x * net.Sigmoid(x * alpha if alpha != 1 else x)


@activation(f"{SCHEMAS}#hard_swish")
def hard_swish(net: Net, x: Value) -> Value:
    """x * min(max(0, x / 6 + 1 / 2), 1): Howard et al. 2019. ONNX HardSwish."""
    return net.HardSwish(x)


@activation(f"{SCHEMAS}#mish")
def mish(net: Net, x: Value) -> Value:
    """x * tanh(log(1 + exp(x))): Misra 2020. ONNX Mish."""
    return net.Mish(x)


@activation(f"{SCHEMAS}#softplus")
def softplus(net: Net, x: Value) -> Value:
    """log(1 + exp(x)). ONNX Softplus."""
    return net.Softplus(x)


@activation(f"{SCHEMAS}#softsign")
def softsign(net: Net, x: Value) -> Value:
    """x / (1 + |x|). ONNX Softsign."""
    return net.Softsign(x)


@activation(f"{SCHEMAS}#shrink")
def shrink(net: Net, x: Value, *, lambd: float, bias: float) -> Value:
    """x - bias where x > lambd, x + bias where x < -lambd, 0 between. ONNX Shrink."""
    return net.Shrink(x, lambd=lambd, bias=bias)


@activation(f"{SCHEMAS}#exp")
def exp(net: Net, x: Value) -> Value:
    """The exponential function; overflows float32 above 88. ONNX Exp."""
    return net.Exp(x)


@activation(f"{SCHEMAS}#softmax", yields="probabilities")
def softmax(net: Net, x: Value, *, axis: int) -> Value:
    """exp(x), divided by its sum along an axis. ONNX Softmax."""
    return net.Softmax(x, axis=_after_batch(net, x, axis))


@activation(f"{SCHEMAS}#log_softmax", yields="log_probabilities")
def log_softmax(net: Net, x: Value, *, axis: int) -> Value:
    """The logarithm of the softmax along an axis. ONNX LogSoftmax."""
    return net.LogSoftmax(x, axis=_after_batch(net, x, axis))


@activation(f"{SCHEMAS}#hardmax")
def hardmax(net: Net, x: Value, *, axis: int) -> Value:
    """1 at the first largest value along an axis, 0 elsewhere; no gradient flows through it. ONNX Hardmax."""
    return net.Hardmax(x, axis=_after_batch(net, x, axis))


def _after_batch(net: Net, x: Value, axis: int) -> int:
    """*axis*, counted from the front; the batch is refused, for samples must not depend on each other."""
    rank = len(x.shape)
    counted = axis + rank if axis < 0 else axis
    if not 1 <= counted < rank:
        raise net.error(
            f"the activation cannot work along axis {axis}",
            property="axis",
            allowed=f"1 to {rank - 1}, or -1 to {1 - rank}" if rank > 1 else "a value with an axis after the batch",
        )
    return counted


ALL = [
    linear, relu, relu6, leaky_relu, thresholded_relu, elu, celu, selu, gelu, sigmoid, log_sigmoid, hard_sigmoid,
    tanh, hard_tanh, silu, swish, hard_swish, mish, softplus, softsign, shrink, exp, softmax, log_softmax, hardmax,
]  # fmt: skip
