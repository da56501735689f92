"""Adam and AdamW."""

import math

from declnet import optimizer


@optimizer("adam.schema.json#adam", elementwise=True)
def adam(net, parameter, gradient, *, learning_rate, beta1, beta2, epsilon):
    """Adam: steps along the mean gradient, scaled by its root mean square (Kingma and Ba, 2015, algorithm 1)."""
    return parameter - _step(net, parameter, gradient, learning_rate, beta1, beta2, epsilon)


@optimizer("adam.schema.json#adamw", elementwise=True)
def adamw(net, parameter, gradient, *, learning_rate, beta1, beta2, epsilon, weight_decay):
    """AdamW: Adam with weight decay beside the gradient, not in it (Loshchilov and Hutter, 2019).

    Each step also multiplies every parameter by 1 - learning_rate * weight_decay, as PyTorch and Keras do.
    """
    step = _step(net, parameter, gradient, learning_rate, beta1, beta2, epsilon)
    return parameter * (1 - learning_rate * weight_decay) - step


def _step(net, parameter, gradient, learning_rate, beta1, beta2, epsilon):
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


def _correction(net, beta, steps):
    """(1 - beta) / (1 - beta ** steps), right to the last digits of float32 although the power is close to 1.

    With h = tanh(-steps * ln(beta) / 2) it is (1 - beta) / 2 * (1 + 1 / h), a form that subtracts nothing.
    """
    if beta == 0:
        return 1.0
    half = (1 - beta) / 2
    return half + half / net.Tanh(steps * (-0.5 * math.log(beta)))
