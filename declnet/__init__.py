"""declnet compiles declarative model specs to ONNX graphs that train and serve on ONNX Runtime.

The public names are imported when they are first used, so that ``import declnet`` and ``declnet --help`` stay quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "BackendError": "errors",
    "DataError": "errors",
    "DeclnetError": "errors",
    "Diagnostic": "errors",
    "GraphError": "errors",
    "MissingGradient": "errors",
    "PluginError": "errors",
    "Program": "compiler",
    "Run": "compiler",
    "RunError": "errors",
    "Spec": "spec",
    "SpecError": "errors",
    "Table": "data",
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
    "open_run": "compiler",
    "optimizer": "kinds",
    "regularizer": "kinds",
    "schedule": "kinds",
    "source": "kinds",
    "train": "compiler",
}

__all__ = list(_HOMES)

# The same names again, for type checkers and editors, which run nothing.
if TYPE_CHECKING:
    from declnet import autodiff as _autodiff
    from declnet.autodiff import flat as flat
    from declnet.compiler import Program as Program
    from declnet.compiler import Run as Run
    from declnet.compiler import check as check
    from declnet.compiler import compile as compile
    from declnet.compiler import load as load
    from declnet.compiler import open_run as open_run
    from declnet.compiler import train as train
    from declnet.data import Table as Table
    from declnet.errors import BackendError as BackendError
    from declnet.errors import DataError as DataError
    from declnet.errors import DeclnetError as DeclnetError
    from declnet.errors import Diagnostic as Diagnostic
    from declnet.errors import GraphError as GraphError
    from declnet.errors import MissingGradient as MissingGradient
    from declnet.errors import PluginError as PluginError
    from declnet.errors import RunError as RunError
    from declnet.errors import SpecError as SpecError
    from declnet.hookspecs import hookimpl as hookimpl
    from declnet.kinds import activation as activation
    from declnet.kinds import constraint as constraint
    from declnet.kinds import exporter as exporter
    from declnet.kinds import initializer as initializer
    from declnet.kinds import layer as layer
    from declnet.kinds import loss as loss
    from declnet.kinds import metric as metric
    from declnet.kinds import optimizer as optimizer
    from declnet.kinds import regularizer as regularizer
    from declnet.kinds import schedule as schedule
    from declnet.kinds import source as source
    from declnet.spec import Spec as Spec

    gradient, gradient_rule = _autodiff.gradient_model, _autodiff.gradient
else:

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'declnet' has no attribute {name!r}")
        module, _, attribute = _HOMES[name].partition(":")
        value = getattr(import_module(f"declnet.{module}"), attribute or name)
        globals()[name] = value
        return value

    def __dir__():
        return [*globals(), *__all__]
