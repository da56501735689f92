"""Adam and its relatives: AdamW, Adamax, Nadam."""

import math

from declnet import OptimizerNet, Value, optimizer


@optimizer("adam.schema.json#adam")
def adam(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, beta1: float, beta2: float,
    epsilon: float,
) -> Value:  # fmt: skip
    """Adam: steps along the mean gradient, scaled by its root mean square (Kingma and Ba, 2015, algorithm 1)."""
    return parameter - scaled_mean(net, parameter, gradient, learning_rate, beta1, beta2, epsilon)


@optimizer("adam.schema.json#adamw")
def adamw(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, beta1: float, beta2: float,
    epsilon: float, weight_decay: float,
) -> Value:  # fmt: skip
    """AdamW: Adam with weight decay beside the gradient, not in it (Loshchilov and Hutter, 2019).

    Each step also multiplies every parameter by 1 - learning_rate * weight_decay, as PyTorch and Keras do.
    """
    step = scaled_mean(net, parameter, gradient, learning_rate, beta1, beta2, epsilon)
    return parameter * (1 - learning_rate * weight_decay) - step


@optimizer("adam.schema.json#adamax")
def adamax(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, beta1: float, beta2: float,
    epsilon: float,
) -> Value:  # fmt: skip
    """Adamax: Adam with the greatest gradient, slowly forgotten, as scale (Kingma and Ba, 2015, algorithm 2).

    u = max(beta2 * u, |g| + epsilon), as in PyTorch; the step is learning_rate / (1 - beta1^t) * m / u.
    """
    first = beta1 * net.slot("first_moment", parameter) + gradient
    largest = net.Max(beta2 * net.slot("infinity_norm", parameter), net.Abs(gradient) + epsilon)
    net.update("first_moment", first)
    net.update("infinity_norm", largest)
    return parameter - learning_rate * _correction(net, beta1, net.step + 1.0) * (first / largest)


@optimizer("adam.schema.json#nadam")
def nadam(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, beta1: float, beta2: float,
    epsilon: float, momentum_decay: float,
) -> Value:  # fmt: skip
    """Nadam: Adam with Nesterov's momentum (Dozat, 2016).

    The momentum of step t is mu_t = beta1 (1 - 0.96^(t * momentum_decay) / 2), and the mean gradient
    mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t), as in PyTorch.
    """
    first = beta1 * net.slot("first_moment", parameter) + (1 - beta1) * gradient
    second = beta2 * net.slot("second_moment", parameter) + gradient * gradient
    now, then = (_nadam_momentum(net, beta1, momentum_decay, ahead) for ahead in (1.0, 2.0))
    # One minus the product of all momenta so far: a slot starts at 0, and nothing is lost while it is small.
    slot = net.slot("momentum_product", net.Constant(value_float=0.0))
    rest = slot + (1.0 - slot) * (1.0 - now)
    net.update("first_moment", first)
    net.update("second_moment", second)
    net.update("momentum_product", rest)
    mean = then / (rest + (1.0 - rest) * (1.0 - then)) * first + (1.0 - now) / rest * gradient
    scale = net.Sqrt(_correction(net, beta2, net.step + 1.0))
    return parameter - learning_rate * (mean / (scale * net.Sqrt(second) + epsilon))


def _nadam_momentum(net: OptimizerNet, beta1: float, decay: float, ahead: float) -> Value:
    """The momentum *ahead* steps after those that are done."""
    return beta1 * (1.0 - 0.5 * net.Exp((net.step + ahead) * (decay * math.log(0.96))))


def scaled_mean(
    net: OptimizerNet, parameter: Value, gradient: Value, learning_rate: Value | float, beta1: float,
    beta2: float, epsilon: float,
) -> Value:  # fmt: skip
    """learning_rate * m / (sqrt(v) + epsilon), where m and v are the bias-corrected moments of the gradient.

    The slots hold m / (1 - beta1) and v / (1 - beta2) before correction. The factors left out join the corrections,
    which are scalars: that saves two of twelve operators on tensors, and the result is the paper's.
    """
    first = beta1 * net.slot("first_moment", parameter) + gradient
    second = beta2 * net.slot("second_moment", parameter) + gradient * gradient
    net.update("first_moment", first)
    net.update("second_moment", second)
    steps = net.step + 1.0
    mean = _correction(net, beta1, steps)
    scale = net.Sqrt(_correction(net, beta2, steps))
    return learning_rate * mean / scale * (first / (net.Sqrt(second) + epsilon / scale))


def _correction(net: OptimizerNet, beta: float, steps: Value) -> Value | float:
    """(1 - beta) / (1 - beta ** steps), right to the last digits of float32 although the power is close to 1.

    With h = tanh(-steps * ln(beta) / 2) it is (1 - beta) / 2 * (1 + 1 / h), a form that subtracts nothing.
    """
    if beta == 0:
        return 1.0
    half = (1 - beta) / 2
    return half + half / net.Tanh(steps * (-0.5 * math.log(beta)))
