"""declnet compiles declarative model specs to ONNX graphs that train and serve on ONNX Runtime.

The public names are imported when they are first used, so that ``import declnet`` and ``declnet --help`` stay quick.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "Accumulate": "training.halves",
    "BackendError": "errors",
    "Choice": "component",
    "Component": "component",
    "Costs": "target",
    "DataError": "errors",
    "DeclnetError": "errors",
    "Diagnostic": "errors",
    "Field": "data",
    "GraphError": "errors",
    "Halves": "training.halves",
    "Interrupted": "training.trainer",
    "LossNet": "lowering.loss_net",
    "MissingGradient": "errors",
    "Net": "lowering",
    "Observer": "training.observer",
    "OnnxRuntime": "runtime.onnxruntime",
    "OptimizerNet": "lowering.optimizer_net",
    "PluginError": "errors",
    "Program": "program",
    "Rows": "data",
    "Run": "run",
    "RunError": "errors",
    "Runtime": "runtime",
    "Session": "runtime",
    "Spec": "spec",
    "SpecError": "errors",
    "Stepper": "training.stepper",
    "Table": "data",
    "Target": "target",
    "Tensor": "runtime",
    "Value": "graph",
    "Whole": "training.stepper",
    "activation": "kinds",
    "check": "compiler",
    "compile": "compiler",
    "constraint": "kinds",
    "exporter": "kinds",
    "flat": "autodiff",
    "gradient": "autodiff:gradient_model",
    "gradient_rule": "autodiff:gradient",
    "hookimpl": "hookspecs",
    "initializer": "kinds",
    "layer": "kinds",
    "load": "compiler",
    "loss": "kinds",
    "metric": "kinds",
    "observer": "kinds",
    "open_run": "compiler",
    "optimizer": "kinds",
    "regularizer": "kinds",
    "schedule": "kinds",
    "source": "kinds",
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
