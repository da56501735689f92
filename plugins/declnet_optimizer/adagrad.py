"""Adagrad and Adadelta: steps scaled by what each parameter's gradients were so far."""

from declnet import OptimizerNet, Value, optimizer


@optimizer("adagrad.schema.json#adagrad")
def adagrad(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, initial_accumulator: float,
    epsilon: float,
) -> Value:  # fmt: skip
    """Adagrad: the gradient divided by the root of the sum of its squares so far (Duchi et al., 2011).

    learning_rate * g / (sqrt(initial_accumulator + sum of g^2) + epsilon), as in PyTorch.
    """
    total = net.slot("square_sum", parameter) + gradient * gradient
    net.update("square_sum", total)
    root = net.Sqrt(total + initial_accumulator if initial_accumulator else total)
    return parameter - learning_rate * (gradient / (root + epsilon))


@optimizer("adagrad.schema.json#adadelta")
def adadelta(
    net: OptimizerNet, parameter: Value, gradient: Value, *, learning_rate: Value, rho: float, epsilon: float
) -> Value:
    """Adadelta: steps in the unit of the parameter, with hardly a learning rate to choose (Zeiler, 2012, algorithm 1).

    The step is learning_rate * sqrt(u + epsilon) / sqrt(v + epsilon) * g, where v is the running mean of g^2 and u that
    of the squared steps before the learning rate.
    """
    square = rho * net.slot("square", parameter) + (1 - rho) * (gradient * gradient)
    steps = net.slot("squared_step", parameter)
    step = net.Sqrt(steps + epsilon) / net.Sqrt(square + epsilon) * gradient
    net.update("square", square)
    net.update("squared_step", rho * steps + (1 - rho) * (step * step))
    return parameter - learning_rate * step
