"""declnet: the step graph of the spec, run by the runner that ``declnet train`` uses."""

import numpy as np
import onnxruntime
from problem import LEARNING_RATE

import declnet
from declnet import backend
from declnet.training.runner import Runner
from declnet.training.step import training_graphs


class Contender:
    kernels = "auto"
    profile = None

    def __init__(self, problem, threads):
        form = backend.kernels(self.kernels)
        self.version = f"{backend.backend().package} {onnxruntime.__version__}, {form} form"
        optimizer = {"type": "adam", "learning_rate": LEARNING_RATE}
        spec = declnet.load(problem.path, overrides={"training.optimizer": optimizer, **problem.overrides})
        graphs = training_graphs(spec, kernels=form)
        first = dict(zip(graphs.parameters, _weights(problem), strict=True))
        first |= {name: np.full(slot.shape, slot.initial, "float32") for name, slot in graphs.slots.items()}
        first |= {"step": np.zeros((), "int64"), "loss_total": np.zeros((), "float32")}
        ((feature,), (target,)) = graphs.features, graphs.targets
        columns = {feature: problem.x, target: problem.y}
        cpu = backend.device("cpu")
        self._runner = Runner(graphs, first, {}, columns, device=cpu, profile=self.profile, threads=threads)
        self.step, self.loss, self.end_profiling = self._runner.step, self._runner.loss, self._runner.end_profiling


def _weights(problem):
    """Kernel and bias of each layer: the order in which layers declare their weights."""
    return [w for layer in problem.layers if layer.bias is not None for w in (layer.kernel, layer.bias)]
