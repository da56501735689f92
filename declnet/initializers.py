"""Initial values of a model's tensors: a function of the seed and of each tensor's name."""

from __future__ import annotations

import hashlib

import numpy as np

from declnet.errors import PluginError
from declnet.lowering import Tensors
from declnet.plugins import Plugins, installed


def generator(seed: int, name: str) -> np.random.Generator:
    """numpy's Philox generator, keyed by (seed, name): adding a layer does not change the values of the others."""
    key = hashlib.sha256(f"{seed}:{name}".encode()).digest()[:16]
    return np.random.Generator(np.random.Philox(key=np.frombuffer(key, "uint64")))


def initial(tensors: Tensors, *, seed: int, plugins: Plugins | None = None) -> dict[str, np.ndarray]:
    """The initial parameters and states, by name; fitted statistics are not among them.

    Raises:
        PluginError: an initializer returned another shape than it was asked for.
    """
    components = (plugins or installed()).components("initializer")
    values = {}
    for name, parameter in tensors.parameters.items():
        choice = dict(parameter.initializer)
        component = components[choice.pop("type")]
        made = np.asarray(component(generator(seed, name), parameter.shape, parameter.fans, **choice), "float32")
        if made.shape != parameter.shape:
            raise PluginError(
                f"initializer {component.type!r} returned shape {made.shape} for {name!r}", allowed=str(parameter.shape)
            )
        values[name] = np.asarray(made, order="C")
    for name, state in tensors.states.items():
        values[name] = np.full(state.shape, state.initial, "float32")
    return values
