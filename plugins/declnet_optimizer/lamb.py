"""LAMB."""

import numpy as np

from declnet import OptimizerNet, Value, optimizer
from declnet_optimizer.adam import scaled_mean


@optimizer("lamb.schema.json")
def lamb(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, beta1: float, beta2: float,
    epsilon: float, weight_decay: float,
) -> Value:  # fmt: skip
    """LAMB: Adam's step, made as long as the parameter is large, for large batches (You et al., 2020, algorithm 2).

    With u = m / (sqrt(v) + epsilon) + weight_decay * parameter, as in AdamW, the step is learning_rate * |parameter| /
    |u| * u, the norms taken over the whole tensor; a parameter or step of length 0 has the factor 1.
    """
    step = scaled_mean(net, parameter, gradient, 1.0, beta1, beta2, epsilon) + weight_decay * parameter
    size, length = net.ReduceL2(parameter, keepdims=0), net.ReduceL2(step, keepdims=0)
    trusted = net.And(net.Greater(size, 0.0), net.Greater(length, 0.0))
    ratio = net.Where(trusted, size / net.Max(length, 1e-38), np.float32(1))
    return parameter - learning_rate * ratio * step
