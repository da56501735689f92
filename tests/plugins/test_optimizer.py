"""Optimizers against float64 implementations of the papers' formulas, over the first steps."""

import numpy as np
import pytest
from declnet_optimizer import adam, adamw, sgd

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
    ],
)
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
