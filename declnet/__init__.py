"""declnet compiles declarative model specs to ONNX graphs that train and serve on ONNX Runtime.

The public names are imported when they are first used, so that ``import declnet`` and ``declnet --help`` stay quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

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
    "Graph": "graph",
    "GraphError": "errors",
    "Halves": "training.halves",
    "Interrupted": "training.trainer",
    "LossNet": "lowering.loss_net",
    "MissingGradient": "errors",
    "Net": "lowering",
    "Node": "autodiff",
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
    "Trainer": "training.trainer",
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
    "graph_pass": "passes",
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

# The same names again, for type checkers and editors, which run nothing.
if TYPE_CHECKING:
    from declnet import autodiff as _autodiff
    from declnet.autodiff import Node as Node
    from declnet.autodiff import flat as flat
    from declnet.compiler import check as check
    from declnet.compiler import compile as compile
    from declnet.compiler import load as load
    from declnet.compiler import open_run as open_run
    from declnet.compiler import train as train
    from declnet.component import Choice as Choice
    from declnet.component import Component as Component
    from declnet.data import Field as Field
    from declnet.data import Rows as Rows
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
    from declnet.graph import Graph as Graph
    from declnet.graph import Value as Value
    from declnet.hookspecs import hookimpl as hookimpl
    from declnet.kinds import activation as activation
    from declnet.kinds import constraint as constraint
    from declnet.kinds import exporter as exporter
    from declnet.kinds import initializer as initializer
    from declnet.kinds import layer as layer
    from declnet.kinds import loss as loss
    from declnet.kinds import metric as metric
    from declnet.kinds import observer as observer
    from declnet.kinds import optimizer as optimizer
    from declnet.kinds import regularizer as regularizer
    from declnet.kinds import schedule as schedule
    from declnet.kinds import source as source
    from declnet.lowering import Net as Net
    from declnet.lowering.loss_net import LossNet as LossNet
    from declnet.lowering.optimizer_net import OptimizerNet as OptimizerNet
    from declnet.passes import graph_pass as graph_pass
    from declnet.program import Program as Program
    from declnet.run import Run as Run
    from declnet.runtime import Runtime as Runtime
    from declnet.runtime import Session as Session
    from declnet.runtime import Tensor as Tensor
    from declnet.runtime.onnxruntime import OnnxRuntime as OnnxRuntime
    from declnet.spec import Spec as Spec
    from declnet.target import Costs as Costs
    from declnet.target import Target as Target
    from declnet.training.halves import Accumulate as Accumulate
    from declnet.training.halves import Halves as Halves
    from declnet.training.observer import Observer as Observer
    from declnet.training.stepper import Stepper as Stepper
    from declnet.training.stepper import Whole as Whole
    from declnet.training.trainer import Interrupted as Interrupted
    from declnet.training.trainer import Trainer as Trainer

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
