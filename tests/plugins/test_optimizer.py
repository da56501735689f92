"""Optimizers against float64 implementations of the papers' formulas, over the first steps."""

import numpy as np
import pytest
from declnet_optimizer import adadelta, adagrad, adam, adamax, adamw, lamb, lion, nadam, rmsprop, sgd

from declnet import DeclnetError
from declnet.testing import run_optimizer

RANDOM = np.random.default_rng(0)
PARAMETER = RANDOM.normal(size=(3, 4)).astype(np.float32)
GRADIENTS = [RANDOM.normal(size=(3, 4)).astype(np.float32) for _ in range(5)]


def reference_sgd(rate, momentum=0.0, nesterov=False):
    """Sutskever et al. (2013) as PyTorch writes it."""
    parameter, velocity, path = PARAMETER.astype(np.float64), 0.0, []
    for gradient in GRADIENTS:
        velocity = momentum * velocity + gradient
        parameter = parameter - rate * (gradient + momentum * velocity if nesterov else velocity)
        path.append(parameter)
    return path


def reference_adam(rate, beta1=0.9, beta2=0.999, epsilon=1e-8, decay=0.0):
    """Algorithm 1 of Kingma and Ba (2015); with decay, algorithm 2 of Loshchilov and Hutter (2019)."""
    parameter, m, v, path = PARAMETER.astype(np.float64), 0.0, 0.0, []
    for step, gradient in enumerate(np.float64(GRADIENTS), 1):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        unbiased_m, unbiased_v = m / (1 - beta1**step), v / (1 - beta2**step)
        parameter = parameter - rate * decay * parameter - rate * unbiased_m / (np.sqrt(unbiased_v) + epsilon)
        path.append(parameter)
    return path


def reference_rmsprop(rate, rho=0.9, momentum=0.0, epsilon=1e-8, centered=False):
    """Tieleman and Hinton (2012), centered as in Graves (2013), equations 38 to 41, with the momentum of PyTorch."""
    parameter, square, mean, velocity, path = PARAMETER.astype(np.float64), 0.0, 0.0, 0.0, []
    for gradient in np.float64(GRADIENTS):
        square = rho * square + (1 - rho) * gradient**2
        mean = rho * mean + (1 - rho) * gradient
        spread = np.sqrt(square - mean**2 if centered else square)
        velocity = momentum * velocity + gradient / (spread + epsilon)
        parameter = parameter - rate * velocity
        path.append(parameter)
    return path


def reference_adagrad(rate, initial_accumulator=0.0, epsilon=1e-10):
    """Duchi et al. (2011), with the diagonal of their matrix."""
    parameter, total, path = PARAMETER.astype(np.float64), initial_accumulator, []
    for gradient in np.float64(GRADIENTS):
        total = total + gradient**2
        parameter = parameter - rate * gradient / (np.sqrt(total) + epsilon)
        path.append(parameter)
    return path


def reference_adadelta(rate, rho=0.9, epsilon=1e-6):
    """Algorithm 1 of Zeiler (2012)."""
    parameter, square, steps, path = PARAMETER.astype(np.float64), 0.0, 0.0, []
    for gradient in np.float64(GRADIENTS):
        square = rho * square + (1 - rho) * gradient**2
        step = np.sqrt(steps + epsilon) / np.sqrt(square + epsilon) * gradient
        steps = rho * steps + (1 - rho) * step**2
        parameter = parameter - rate * step
        path.append(parameter)
    return path


def reference_adamax(rate, beta1=0.9, beta2=0.999):
    """Algorithm 2 of Kingma and Ba (2015)."""
    parameter, m, u, path = PARAMETER.astype(np.float64), 0.0, 0.0, []
    for step, gradient in enumerate(np.float64(GRADIENTS), 1):
        m = beta1 * m + (1 - beta1) * gradient
        u = np.maximum(beta2 * u, np.abs(gradient))
        parameter = parameter - rate / (1 - beta1**step) * m / u
        path.append(parameter)
    return path


def reference_nadam(rate, beta1=0.9, beta2=0.999, epsilon=1e-8, momentum_decay=0.004):
    """Algorithm 8 of Dozat (2015), with the schedule of the momentum that it recommends."""
    parameter, m, v, product, path = PARAMETER.astype(np.float64), 0.0, 0.0, 1.0, []
    for step, gradient in enumerate(np.float64(GRADIENTS), 1):
        now, then = (beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step, step + 1))
        product *= now
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        mean = then * m / (1 - product * then) + (1 - now) * gradient / (1 - product)
        parameter = parameter - rate * mean / (np.sqrt(v / (1 - beta2**step)) + epsilon)
        path.append(parameter)
    return path


def reference_lion(rate, beta1=0.9, beta2=0.99, weight_decay=0.0):
    """Algorithm 2 of Chen et al. (2023)."""
    parameter, m, path = PARAMETER.astype(np.float64), 0.0, []
    for gradient in np.float64(GRADIENTS):
        update = np.sign(beta1 * m + (1 - beta1) * gradient)
        parameter = parameter - rate * (update + weight_decay * parameter)
        m = beta2 * m + (1 - beta2) * gradient
        path.append(parameter)
    return path


def reference_lamb(rate, beta1=0.9, beta2=0.999, epsilon=1e-6, weight_decay=0.0):
    """Algorithm 2 of You et al. (2020), with the identity as their phi."""
    parameter, m, v, path = PARAMETER.astype(np.float64), 0.0, 0.0, []
    for step, gradient in enumerate(np.float64(GRADIENTS), 1):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        update = m / (1 - beta1**step) / (np.sqrt(v / (1 - beta2**step)) + epsilon) + weight_decay * parameter
        parameter = parameter - rate * np.linalg.norm(parameter) / np.linalg.norm(update) * update
        path.append(parameter)
    return path


@pytest.mark.parametrize(
    "component, reference, properties",
    [
        (rmsprop, reference_rmsprop, {}),
        (rmsprop, reference_rmsprop, {"rho": 0.5, "momentum": 0.9, "epsilon": 0.1}),
        (rmsprop, reference_rmsprop, {"centered": True}),
        (adagrad, reference_adagrad, {}),
        (adagrad, reference_adagrad, {"initial_accumulator": 0.1, "epsilon": 0.01}),
        (adadelta, reference_adadelta, {}),
        (adadelta, reference_adadelta, {"rho": 0.5, "epsilon": 0.01}),
        (adamax, reference_adamax, {}),
        (adamax, reference_adamax, {"beta1": 0.0, "beta2": 0.5}),
        (lion, reference_lion, {}),
        (lion, reference_lion, {"beta1": 0.5, "beta2": 0.8, "weight_decay": 0.2}),
        (lamb, reference_lamb, {}),
        (lamb, reference_lamb, {"beta1": 0.5, "beta2": 0.8, "epsilon": 0.1, "weight_decay": 0.2}),
        (nadam, reference_nadam, {}),
        (nadam, reference_nadam, {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1, "momentum_decay": 1.0}),
    ],
)
def test_adaptive_optimizers(component, reference, properties):
    """The papers' formulas, step by step, with every property."""
    path = run_optimizer(component, {"learning_rate": 0.1, **properties}, PARAMETER, GRADIENTS)

    np.testing.assert_allclose(path, reference(0.1, **properties), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("component", [adadelta, adagrad, adamax, lamb, lion, nadam, rmsprop])
def test_no_gradient_no_step(component):
    """Where every gradient was 0 nothing is divided by 0, and the parameter stays."""
    path = run_optimizer(component, {}, PARAMETER, [np.zeros_like(PARAMETER)] * 3)

    np.testing.assert_array_equal([PARAMETER] * 3, path)


def test_lamb_moves_a_parameter_of_zeros():
    """What has no length takes Adam's step: the length of the learning rate at first."""
    first, _ = run_optimizer(lamb, {"learning_rate": 0.5}, np.zeros(2, np.float32), [np.array([3, -4], np.float32)] * 2)

    np.testing.assert_allclose(first, [-0.5, 0.5], rtol=1e-5)


@pytest.mark.parametrize("momentum, nesterov", [(0.0, False), (0.9, False), (0.9, True)])
def test_sgd(momentum, nesterov):
    """Plain, with momentum, and with Nesterov's momentum."""
    properties = {"learning_rate": 0.1, "momentum": momentum, "nesterov": nesterov}

    path = run_optimizer(sgd, properties, PARAMETER, GRADIENTS)

    np.testing.assert_allclose(path, reference_sgd(0.1, momentum, nesterov), rtol=1e-5, atol=1e-6)


def test_nesterov_needs_a_momentum():
    """Nesterov's momentum without momentum would silently be plain descent."""
    with pytest.raises(DeclnetError, match="needs a momentum"):
        run_optimizer(sgd, {"nesterov": True}, PARAMETER, GRADIENTS)


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"beta1": 0.0},
        {"beta2": 0.0},
        {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1},
        {"beta2": 0.99999},
    ],
)
def test_adam(properties):
    """Bias correction is right from the first step on, for betas close to 0 and to 1."""
    path = run_optimizer(adam, {"learning_rate": 0.1, **properties}, PARAMETER, GRADIENTS)

    np.testing.assert_allclose(path, reference_adam(0.1, **properties), rtol=2e-6, atol=1e-6)


def test_adam_with_small_and_absent_gradients():
    """The first step has the length of the learning rate however small the gradient; no gradient, no step."""
    first, _ = run_optimizer(
        adam, {"learning_rate": 0.5}, np.zeros(3, np.float32), [np.array([0, 1e-5, -1e3], np.float32)] * 2
    )

    np.testing.assert_allclose(first, [0, -0.5, 0.5], rtol=2e-3)


def test_adamw():
    """Weight decay stands beside the gradient."""
    path = run_optimizer(adamw, {"learning_rate": 0.1, "weight_decay": 0.2}, PARAMETER, GRADIENTS)

    np.testing.assert_allclose(path, reference_adam(0.1, decay=0.2), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(
    "component, name, properties, arguments",
    [
        (sgd, "SGD", {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "nesterov": True}),
        (adam, "Adam", {"beta1": 0.8}, {"betas": (0.8, 0.999)}),
        (adamw, "AdamW", {"weight_decay": 0.1}, {"weight_decay": 0.1}),
        (rmsprop, "RMSprop", {"rho": 0.99, "momentum": 0.5, "centered": True},
            {"momentum": 0.5, "centered": True}),
        (adagrad, "Adagrad", {"initial_accumulator": 0.1}, {"initial_accumulator_value": 0.1}),
        (adadelta, "Adadelta", {}, {}),
        (adamax, "Adamax", {}, {}),
        (nadam, "NAdam", {}, {}),
    ],
)  # fmt: skip
def test_optimizers_agree_with_torch(torch, component, name, properties, arguments):
    """PyTorch's optimizers, where it is installed."""
    parameter = torch.nn.Parameter(torch.tensor(PARAMETER))
    optimizer, theirs = getattr(torch.optim, name)([parameter], lr=0.1, **arguments), []
    for gradient in GRADIENTS:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        theirs.append(parameter.detach().numpy().copy())

    ours = run_optimizer(component, {"learning_rate": 0.1, **properties}, PARAMETER, GRADIENTS)

    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
