"""Checks for plugin authors, and for declnet's own tests.

A layer's test is one call: ``check_layer(gated, {"units": 6}, inputs=[("N", 5)], output=("N", 6))``.
"""

from importlib import import_module

_HOMES = {
    "check_gradient": "gradients",
    "check_layer": "layers",
    "layer_gradients": "backward",
    "run_layer": "layers",
    "run_loss": "layers",
    "run_optimizer": "layers",
    "run_schedule": "layers",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'declnet.testing' has no attribute {name!r}")
    return getattr(import_module(f"declnet.testing.{_HOMES[name]}"), name)
