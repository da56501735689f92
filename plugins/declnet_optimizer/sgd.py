"""Stochastic gradient descent."""

from declnet import OptimizerNet, Value, optimizer


@optimizer("sgd.schema.json")
def sgd(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, momentum: float, nesterov: bool
) -> Value:
    """Stochastic gradient descent, with momentum or Nesterov's momentum if wanted.

    PyTorch's form of Sutskever et al. (2013): the velocity is momentum * velocity + gradient, and the step is
    learning_rate * velocity, or learning_rate * (gradient + momentum * velocity) with Nesterov's momentum. (Keras
    keeps the learning rate within the velocity; the two differ only while the learning rate changes.)

    Raises:
        LayerError: Nesterov's momentum without a momentum.
    """
    if nesterov and not momentum:
        raise net.error(
            "Nesterov's momentum needs a momentum",
            property="nesterov",
            found="nesterov true, momentum 0",
            allowed="a momentum between 0 and 1",
            hint='add "momentum": 0.9',
        )
    if not momentum:
        return parameter - learning_rate * gradient
    velocity = momentum * net.slot("velocity", parameter) + gradient
    net.update("velocity", velocity)
    return parameter - learning_rate * (gradient + momentum * velocity if nesterov else velocity)
