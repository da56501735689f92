"""declnet: the step graph of the spec, run by the stepper that ``declnet train`` uses."""

import numpy as np
from problem import LEARNING_RATE

import declnet
from declnet.data import ArrayRows
from declnet.runtime import open_runtime
from declnet.runtime.onnxruntime import OnnxRuntime


class Contender:
    target = "auto"
    profile = None

    def __init__(self, problem, threads):
        optimizer = {"type": "adam", "learning_rate": LEARNING_RATE}
        spec = declnet.load(problem.path, overrides={"training.optimizer": optimizer, **problem.overrides})
        program, runtime = declnet.compile(spec, target=self.target), self._runtime(threads)
        self.version = f"{runtime.version}, target {program.target.name}"
        first = dict(zip(program.tensors.parameters, _weights(problem), strict=True))
        first |= {name: np.full(slot.shape, slot.initial, "float32") for name, slot in program.slots.items()}
        first |= {"step": np.zeros((), "int64"), "loss_total": np.zeros((), "float32")}
        ((feature,), (target,)) = program.features, program.targets
        rows = ArrayRows({feature.name: problem.x, target.name: problem.y})
        stepper = declnet.Whole()
        stepper.begin(program, rows, first, runtime)
        self.step = stepper.step
        self.loss = lambda: stepper.losses()["loss"]

    def _runtime(self, threads):
        """ONNX Runtime, which writes a profile where one is asked for."""
        if self.profile is None:
            return open_runtime(threads=threads)
        contender = self

        class Profiled(OnnxRuntime):
            def session(self, model, **how):
                made = super().session(model, **how, profile=contender.profile)
                contender.end_profiling = made.end_profiling
                return made

        return Profiled(threads=threads)


def _weights(problem):
    """Kernel and bias of each layer: the order in which layers declare their weights."""
    return [w for layer in problem.layers if layer.bias is not None for w in (layer.kernel, layer.bias)]
