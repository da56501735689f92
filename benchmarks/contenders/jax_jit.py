"""JAX: forward, gradient and Adam in one jitted function, whose carried arrays are donated."""

from functools import partial

import jax
import jax.numpy as jnp
from problem import LEARNING_RATE

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "linear": lambda x: x}


class Contender:
    def __init__(self, problem, threads):
        self.version = f"jax {jax.__version__}"
        self._data = jnp.asarray(problem.x), jnp.asarray(problem.y)
        # Copies: donated arrays must not share memory with numpy's.
        weights = [
            (jnp.array(layer.kernel), jnp.array(layer.bias)) for layer in problem.layers if layer.bias is not None
        ]
        zeros = jax.tree.map(jnp.zeros_like, weights)
        self._carried = weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.zeros(())
        self._step = jax.jit(partial(_step, problem.layers), donate_argnums=0)

    def step(self, index):
        self._carried, self._last = self._step(self._carried, self._data, index)

    def loss(self):
        return float(self._last)


def _step(layers, carried, data, index):
    weights, first, second, step = carried
    x, y = data[0][index], data[1][index]
    loss, gradients = jax.value_and_grad(partial(_loss, layers))(weights, x, y)
    step = step + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)

    def moved(w, m, v):
        return w - LEARNING_RATE * (m / (1 - 0.9**step)) / (jnp.sqrt(v / (1 - 0.999**step)) + 1e-8)

    return (jax.tree.map(moved, weights, first, second), first, second, step), loss


def _loss(layers, weights, x, y):
    held = iter(weights)
    for layer in layers:
        if layer.type == "conv":
            kernel, bias = next(held)
            pads = [(layer.padding, layer.padding)] * 2
            x = jax.lax.conv_general_dilated(x, kernel, (1, 1), pads) + bias[:, None, None]
        elif layer.type == "max_pool":
            window = (1, 1, layer.size, layer.size)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
        elif layer.type == "flatten":
            x = x.reshape(len(x), -1)
        else:
            kernel, bias = next(held)
            x = x @ kernel + bias
        x = ACTIVATIONS[layer.activation](x)
    scores = jax.nn.log_softmax(x)
    return -jnp.mean(jnp.take_along_axis(scores, y[:, None], 1))
