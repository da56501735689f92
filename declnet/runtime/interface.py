"""What runs ONNX models: a runtime opens sessions of models and keeps tensors on a device.

A plugin offers another one through the hook ``declnet_runtimes``: a subclass of Runtime whose sessions ``compute``. All
else has a form that works for any runtime, and may be replaced by a faster one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
import onnx

from declnet.errors import BackendError
from declnet.target import Target


class Tensor:
    """A tensor where a runtime keeps it: this one, in the memory of *array*."""

    def __init__(self, array: np.ndarray):
        self.host: np.ndarray | None = array

    def numpy(self) -> np.ndarray:
        """Its values; on the host's memory a view, not a copy."""
        assert self.host is not None
        return self.host

    def set(self, array: np.ndarray) -> None:
        """Replace its values by those of *array*, of the same type and shape."""
        if array is not self.host:
            np.copyto(self.numpy(), array, casting="no")


class Session(ABC):
    """A model that is ready to run.

    ``inputs`` are the names of those that a run must be given, ``optional`` of those that have a value unless it is;
    ``outputs`` of what it gives, in the model's order.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @abstractmethod
    def compute(self, feed: Mapping[str, np.ndarray], outputs: Sequence[str]) -> Sequence[np.ndarray]:
        """Run once, from arrays to arrays: those called *outputs*, in that order."""

    def run(
        self, feed: Mapping[str, np.ndarray | Tensor], outputs: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Run once; return *outputs* by name, by default all. What the model does not take of *feed* is left out.

        Raises:
            BackendError: an input is missing, or the model could not be run.
        """
        names = list(self.outputs if outputs is None else outputs)
        given = self._taken(feed)
        arrays = {name: value.numpy() if isinstance(value, Tensor) else value for name, value in given.items()}
        return dict(zip(names, self.compute(arrays, names)))

    def bind(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Callable[[], None]:
        """A function that runs the model from *inputs* to *outputs*, which are tensors of the same runtime.

        Each call reads what *inputs* then hold. No tensor may be both an input and an output.
        """
        names = list(outputs)

        def run() -> None:
            for name, value in self.run(inputs, names).items():
                outputs[name].set(value.reshape(outputs[name].numpy().shape))

        return run

    def _taken(self, feed: Mapping[str, np.ndarray | Tensor]) -> dict[str, np.ndarray | Tensor]:
        """What the model takes of *feed*."""
        if lacking := [name for name in self.inputs if name not in feed]:
            raise BackendError(
                f"the model takes {lacking[0]!r}, which was not given",
                found=", ".join(feed) or "nothing",
                allowed=", ".join(self.inputs) + (f"; also {', '.join(self.optional)}" if self.optional else ""),
            )
        return {name: feed[name] for name in (*self.inputs, *(n for n in self.optional if n in feed))}


class Runtime(ABC):
    """Something that runs models, on one of its devices.

    ``name`` is how a user asks for it, ``device`` where it works, ``target`` what graphs are made for it, and
    ``version`` what a run records: the package and its version.

    Args:
        threads: how many threads work on one operator, in all of its sessions; None: as many as there are processor
            cores. A runtime whose threads cannot be counted leaves the attribute None.

    Raises:
        BackendError: there is no such device, or no such number of threads.
    """

    name: ClassVar[str]
    device: str
    target: Target
    version: str
    threads: int | None = None

    @abstractmethod
    def __init__(self, device: str = "cpu", threads: int | None = None): ...

    @classmethod
    @abstractmethod
    def devices(cls) -> tuple[str, ...]:
        """The devices that are there: "cpu", "cuda"; without the index."""

    @abstractmethod
    def session(self, model: onnx.ModelProto, *, denormals: bool = True) -> Session:
        """A session of *model*.

        Args:
            denormals: whether numbers below 1.2e-38 count; without them a training step is faster.

        Raises:
            BackendError: the runtime refuses the model.
        """

    def tensor(self, array: np.ndarray) -> Tensor:
        """A tensor with the values of *array* on the device; on the host it may share the memory of *array*."""
        return Tensor(array)
