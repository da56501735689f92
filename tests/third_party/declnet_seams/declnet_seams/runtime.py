"""A runtime: ONNX's own evaluator, with one kernel more and one fewer."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from declnet import BackendError, Runtime, Session, Target

DOMAIN = "com.example"


class TanhGrad(OpRun):
    """dy * (1 - y^2): the gradient of Tanh from what it gave."""

    op_domain = DOMAIN

    def _run(self, dy, y):
        return (dy * (1 - y * y),)


class Evaluation(Session):
    """A model in the evaluator."""

    def __init__(self, model: onnx.ModelProto):
        self._evaluator = ReferenceEvaluator(model, new_ops=[TanhGrad])
        self.inputs, self.outputs = tuple(self._evaluator.input_names), tuple(self._evaluator.output_names)

    def compute(self, feed: Mapping[str, np.ndarray], outputs: Sequence[str]) -> Sequence[np.ndarray]:
        return [np.asarray(value) for value in self._evaluator.run(list(outputs), dict(feed))]


class Python(Runtime):
    """It runs everything in Python, has a kernel for the gradient of Tanh, and lacks Relu."""

    name = "python"
    target = Target("python", domains=frozenset({DOMAIN}), avoid=frozenset({"Relu"}))

    def __init__(self, device: str = "cpu", threads: int | None = None):
        self.device, self.version = device, f"onnx.reference {onnx.__version__}"

    @classmethod
    def devices(cls) -> tuple[str, ...]:
        return ("cpu",)

    def session(self, model: onnx.ModelProto, *, denormals: bool = True) -> Session:
        if lacking := self.target.avoid & {node.op_type for node in model.graph.node}:
            raise BackendError(f"{self.name} has no {', '.join(lacking)}")
        return Evaluation(model)
