"""RMSprop."""

from declnet import OptimizerNet, Value, optimizer


@optimizer("rmsprop.schema.json")
def rmsprop(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, rho: float, momentum: float,
    epsilon: float, centered: bool,
) -> Value:  # fmt: skip
    """RMSprop: the gradient divided by the root of its running mean square (Tieleman and Hinton, 2012).

    The step is learning_rate * g / (sqrt(v) + epsilon), or the velocity that grows by it, as in PyTorch. Centered, v is
    the running variance instead, without the square of the mean (Graves, 2013).
    """
    square = rho * net.slot("square", parameter) + (1 - rho) * (gradient * gradient)
    net.update("square", square)
    if centered:
        mean = rho * net.slot("mean", parameter) + (1 - rho) * gradient
        net.update("mean", mean)
        # A variance, but for rounding.
        square = net.Relu(square - mean * mean)
    direction = gradient / (net.Sqrt(square) + epsilon)
    if momentum:
        direction = momentum * net.slot("velocity", parameter) + direction
        net.update("velocity", direction)
    return parameter - learning_rate * direction
