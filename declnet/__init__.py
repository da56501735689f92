"""declnet compiles declarative model specs to ONNX graphs that train and serve on ONNX Runtime.

The public names are imported when they are first used, so that ``import declnet`` and ``declnet --help`` stay quick.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "BackendError": "errors",
    "Choice": "component",
    "Component": "component",
    "DataError": "errors",
    "DeclnetError": "errors",
    "Diagnostic": "errors",
    "GraphError": "errors",
    "LossNet": "lowering.loss_net",
    "MissingGradient": "errors",
    "Net": "lowering",
    "OptimizerNet": "lowering.optimizer_net",
    "PluginError": "errors",
    "Program": "compiler",
    "Run": "compiler",
    "RunError": "errors",
    "Spec": "spec",
    "SpecError": "errors",
    "Table": "data",
    "Value": "graph",
    "activation": "component",
    "check": "compiler",
    "compile": "compiler",
    "constraint": "component",
    "exporter": "component",
    "flat": "autodiff",
    "gradient": "autodiff:gradient_model",
    "gradient_rule": "autodiff:gradient",
    "hookimpl": "hookspecs",
    "initializer": "component",
    "layer": "component",
    "load": "compiler",
    "loss": "component",
    "metric": "component",
    "open_run": "compiler",
    "optimizer": "component",
    "regularizer": "component",
    "schedule": "component",
    "source": "component",
    "train": "compiler",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'declnet' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value = getattr(import_module(f"declnet.{module}"), attribute or name)
    globals()[name] = value
    return value


def __dir__():
    return [*globals(), *__all__]
