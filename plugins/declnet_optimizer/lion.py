"""Lion."""

from declnet import OptimizerNet, Value, optimizer


@optimizer("lion.schema.json")
def lion(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, beta1: float, beta2: float,
    weight_decay: float,
) -> Value:  # fmt: skip
    """Lion: steps of one length, along the sign of the momentum (Chen et al., 2023, algorithm 2).

    The step is learning_rate * (sign(beta1 * m + (1 - beta1) * g) + weight_decay * parameter), where m is the running
    mean of the gradient, of which beta2 is kept. The paper advises a learning rate 3 to 10 times below that of adamw.
    """
    mean = net.slot("mean", parameter)
    net.update("mean", beta2 * mean + (1 - beta2) * gradient)
    direction = net.Sign(beta1 * mean + (1 - beta1) * gradient)
    kept = parameter * (1 - learning_rate * weight_decay) if weight_decay else parameter
    return kept - learning_rate * direction
