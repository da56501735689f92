"""The activations: functions from a value to one of the same shape, each one ONNX operator where there is one.

An activation whose values are probabilities, or their logarithms, along an axis says so by ``yields``.
"""

from declnet import activation

SCHEMAS = "activations.schema.json"


@activation(f"{SCHEMAS}#linear")
def linear(net, x):
    """x, unchanged."""
    return x


@activation(f"{SCHEMAS}#relu")
def relu(net, x):
    """max(0, x). ONNX Relu."""
    return net.Relu(x)


@activation(f"{SCHEMAS}#relu6")
def relu6(net, x):
    """min(max(0, x), 6). ONNX Clip."""
    return net.Clip(x, 0.0, 6.0)


@activation(f"{SCHEMAS}#leaky_relu")
def leaky_relu(net, x, *, alpha):
    """x where x >= 0, alpha * x elsewhere. ONNX LeakyRelu."""
    return net.LeakyRelu(x, alpha=alpha)


@activation(f"{SCHEMAS}#thresholded_relu")
def thresholded_relu(net, x, *, alpha):
    """x where x > alpha, 0 elsewhere. ONNX ThresholdedRelu."""
    return net.ThresholdedRelu(x, alpha=alpha)


@activation(f"{SCHEMAS}#elu")
def elu(net, x, *, alpha):
    """x where x >= 0, alpha * (exp(x) - 1) elsewhere: Clevert et al. 2016. ONNX Elu."""
    return net.Elu(x, alpha=alpha)


@activation(f"{SCHEMAS}#celu")
def celu(net, x, *, alpha):
    """x where x >= 0, alpha * (exp(x / alpha) - 1) elsewhere: Barron 2017. ONNX Celu."""
    return net.Celu(x, alpha=alpha)


@activation(f"{SCHEMAS}#selu")
def selu(net, x, *, alpha, gamma):
    """gamma * x where x > 0, gamma * alpha * (exp(x) - 1) elsewhere: Klambauer et al. 2017. ONNX Selu."""
    return net.Selu(x, alpha=alpha, gamma=gamma)


@activation(f"{SCHEMAS}#gelu")
def gelu(net, x, *, approximate):
    """x * P(X <= x) for a standard normal X: Hendrycks and Gimpel 2016. ONNX Gelu."""
    return net.Gelu(x, approximate=approximate)


@activation(f"{SCHEMAS}#sigmoid", yields="probabilities")
def sigmoid(net, x):
    """1 / (1 + exp(-x)). ONNX Sigmoid."""
    return net.Sigmoid(x)


@activation(f"{SCHEMAS}#log_sigmoid")
def log_sigmoid(net, x):
    """log(1 / (1 + exp(-x))), finite for every x. ONNX Softplus, twice negated."""
    return -net.Softplus(-x)


@activation(f"{SCHEMAS}#hard_sigmoid")
def hard_sigmoid(net, x, *, alpha, beta):
    """alpha * x + beta, held between 0 and 1. ONNX HardSigmoid."""
    return net.HardSigmoid(x, alpha=alpha, beta=beta)


@activation(f"{SCHEMAS}#tanh")
def tanh(net, x):
    """The hyperbolic tangent. ONNX Tanh."""
    return net.Tanh(x)


@activation(f"{SCHEMAS}#hard_tanh")
def hard_tanh(net, x):
    """min(max(-1, x), 1). ONNX Clip."""
    return net.Clip(x, -1.0, 1.0)


@activation(f"{SCHEMAS}#silu")
def silu(net, x):
    """x * sigmoid(x), the swish with alpha 1: Elfwing et al. 2017."""
    return x * net.Sigmoid(x)


@activation(f"{SCHEMAS}#swish")
def swish(net, x, *, alpha):
    """x * sigmoid(alpha * x): Ramachandran et al. 2017."""
    return x * net.Sigmoid(x * alpha if alpha != 1 else x)


@activation(f"{SCHEMAS}#hard_swish")
def hard_swish(net, x):
    """x * min(max(0, x / 6 + 1 / 2), 1): Howard et al. 2019. ONNX HardSwish."""
    return net.HardSwish(x)


@activation(f"{SCHEMAS}#mish")
def mish(net, x):
    """x * tanh(log(1 + exp(x))): Misra 2020. ONNX Mish."""
    return net.Mish(x)


@activation(f"{SCHEMAS}#softplus")
def softplus(net, x):
    """log(1 + exp(x)). ONNX Softplus."""
    return net.Softplus(x)


@activation(f"{SCHEMAS}#softsign")
def softsign(net, x):
    """x / (1 + |x|). ONNX Softsign."""
    return net.Softsign(x)


@activation(f"{SCHEMAS}#shrink")
def shrink(net, x, *, lambd, bias):
    """x - bias where x > lambd, x + bias where x < -lambd, 0 between. ONNX Shrink."""
    return net.Shrink(x, lambd=lambd, bias=bias)


@activation(f"{SCHEMAS}#exp")
def exp(net, x):
    """The exponential function; overflows float32 above 88. ONNX Exp."""
    return net.Exp(x)


@activation(f"{SCHEMAS}#softmax", yields="probabilities")
def softmax(net, x, *, axis):
    """exp(x), divided by its sum along an axis. ONNX Softmax."""
    return net.Softmax(x, axis=_after_batch(net, x, axis))


@activation(f"{SCHEMAS}#log_softmax", yields="log_probabilities")
def log_softmax(net, x, *, axis):
    """The logarithm of the softmax along an axis. ONNX LogSoftmax."""
    return net.LogSoftmax(x, axis=_after_batch(net, x, axis))


@activation(f"{SCHEMAS}#hardmax")
def hardmax(net, x, *, axis):
    """1 at the first largest value along an axis, 0 elsewhere; no gradient flows through it. ONNX Hardmax."""
    return net.Hardmax(x, axis=_after_batch(net, x, axis))


def _after_batch(net, x, axis):
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
