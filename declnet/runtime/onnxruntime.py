"""ONNX Runtime, whichever of its wheels is installed. This is the only module that imports it."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.capi import build_and_package_info

from declnet.errors import BackendError
from declnet.runtime import extras
from declnet.runtime.denormals import flushing
from declnet.runtime.interface import Runtime, Session, Tensor
from declnet.target import STANDARD, TRAINING, Target
from declnet.wording import type_text


@dataclass(frozen=True)
class Build:
    """The installed wheel; ``providers`` are its execution providers."""

    package: str
    version: str
    providers: tuple[str, ...]

    @property
    def target(self) -> Target:
        """onnxruntime-training's builds have fused gradient kernels."""
        return TRAINING if "training" in self.package else STANDARD

    @property
    def devices(self) -> tuple[str, ...]:
        return ("cpu", "cuda") if "CUDAExecutionProvider" in self.providers else ("cpu",)


@functools.cache
def installed() -> Build:
    """The onnxruntime of this environment."""
    return Build(
        build_and_package_info.package_name, onnxruntime.__version__, tuple(onnxruntime.get_available_providers())
    )


class OnnxRuntime(Runtime):
    """ONNX Runtime on "cpu", "cuda" or "cuda:<index>".

    Args:
        libraries: shared libraries of custom operators, which each session loads.
        domains: the operator domains whose kernels they bring.

    Raises:
        BackendError: the device's name is unknown, or this build has no execution provider for it; there are no
            threads; a library is not there.
    """

    name = "onnxruntime"

    def __init__(
        self,
        device: str = "cpu",
        threads: int | None = None,
        *,
        libraries: Sequence[Path | str] = (),
        domains: Collection[str] = (),
    ):
        build = installed()
        match = re.fullmatch(r"(cpu|cuda)(?::(\d+))?", device)
        if not match or (match[1] == "cpu" and match[2]):
            raise BackendError(f"unknown device {device!r}", allowed="cpu, cuda, cuda:<index>")
        if match[1] not in build.devices:
            raise BackendError(
                f"device {device!r}: {build.package} {build.version} has no CUDA execution provider",
                allowed=", ".join(build.providers),
                hint=f"install {extras.CUDA} instead, in an environment of its own",
            )
        if threads is not None and threads < 1:
            raise BackendError("a session needs a thread", found=f"{threads} threads", allowed="1 thread or more")
        if isinstance(libraries, str | Path) or isinstance(domains, str):
            found = repr(libraries if isinstance(libraries, str | Path) else domains)
            raise BackendError("libraries and domains are lists", found=found, allowed=f"[{found}]")
        absent = [str(path) for path in libraries if not Path(path).is_file()]
        if absent:
            raise BackendError(f"there is no library of operators {absent[0]}", hint="install its distribution again")
        self.device, self.threads, self.version = device, threads, f"{build.package} {build.version}"
        self.target = replace(build.target, domains=build.target.domains | set(domains))
        self._libraries = [str(path) for path in libraries]
        self._kind, self._index = match[1], int(match[2] or 0)

    @classmethod
    def devices(cls) -> tuple[str, ...]:
        return installed().devices

    def session(self, model: onnx.ModelProto, *, denormals: bool = True, profile: str | None = None) -> OnnxSession:
        """As of Runtime. *profile* is the prefix of a profile file to write.

        Raises:
            BackendError: onnxruntime refuses the model or a library, or falls back from the device that was asked for.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.use_deterministic_compute = True
        if not denormals:
            options.add_session_config_entry("session.set_denormal_as_zero", "1")
        _place_threads(options, self.threads)
        if profile:
            options.enable_profiling = True
            options.profile_file_prefix = profile
        flushed = contextlib.nullcontext if denormals else flushing()
        try:
            for path in self._libraries:
                options.register_custom_ops_library(path)
            with flushed():
                made = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=self._providers)
        except Exception as error:  # onnxruntime's errors share no class of their own
            reason = str(error).strip().split("\n")[0]
            raise BackendError(f"{self.version} refuses the graph: {reason}") from error
        if self._kind == "cuda" and "CUDAExecutionProvider" not in made.get_providers():
            raise BackendError(
                "the CUDA execution provider did not start",
                hint="`nvidia-smi` shows whether there is a device; `declnet doctor`, for which CUDA the wheel is made",
            )
        return OnnxSession(made, self, flushed)

    def tensor(self, array: np.ndarray) -> OrtTensor:
        value = onnxruntime.OrtValue.ortvalue_from_numpy(array, self._kind, self._index)
        return OrtTensor(value, array, shared=self._kind == "cpu")

    @property
    def _providers(self) -> list:
        """The execution providers, first choice first."""
        if self._kind == "cuda":
            return [("CUDAExecutionProvider", {"device_id": str(self._index)}), "CPUExecutionProvider"]
        return ["CPUExecutionProvider"]


class OrtTensor(Tensor):
    """An OrtValue with the values of *array*; on the CPU it is *shared*: its memory, which is kept alive."""

    def __init__(self, value: onnxruntime.OrtValue, array: np.ndarray, *, shared: bool):
        self.value, self.host = value, array if shared else None
        self._type = array.dtype, array.shape

    def numpy(self) -> np.ndarray:
        return self.value.numpy()

    def set(self, array: np.ndarray) -> None:
        if array is not self.host:
            # onnxruntime would copy the bytes of another type as they are.
            if (array.dtype, array.shape) != self._type:
                raise TypeError(f"{type_text(array.dtype, array.shape)} is not {type_text(*self._type)}")
            self.value.update_inplace(array)


class OnnxSession(Session):
    """An InferenceSession, whose tensors may stay on the device."""

    def __init__(self, session: onnxruntime.InferenceSession, runtime: OnnxRuntime, flushed: Callable):
        self._session, self._runtime, self._flushed = session, runtime, flushed
        self.inputs = tuple(given.name for given in session.get_inputs())
        self.outputs = tuple(output.name for output in session.get_outputs())
        self.optional = tuple(given.name for given in session.get_overridable_initializers())

    def compute(self, feed: Mapping[str, np.ndarray], outputs: Sequence[str]) -> Sequence[np.ndarray]:
        try:
            with self._flushed():
                return self._session.run(list(outputs), dict(feed))
        except Exception as error:
            raise self._failed(error) from error

    def run(
        self, feed: Mapping[str, np.ndarray | Tensor], outputs: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        given = self._taken(feed)
        # An IO binding knows no inputs that have a default.
        if set(given) & set(self.optional) or not any(isinstance(value, OrtTensor) for value in given.values()):
            return super().run(feed, outputs)
        names = list(self.outputs if outputs is None else outputs)
        binding = self._session.io_binding()
        for name, value in given.items():
            if isinstance(value, OrtTensor):
                binding.bind_ortvalue_input(name, value.value)
            else:
                binding.bind_cpu_input(name, value.numpy() if isinstance(value, Tensor) else value)
        for name in names:
            binding.bind_output(name, "cpu")
        self._start(binding)
        # copy_outputs_to_cpu crashes for texts (onnxruntime 1.19 and 1.31).
        return dict(zip(names, [value.numpy() for value in binding.get_outputs()]))

    def bind(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Callable[[], None]:
        binding = self._session.io_binding()
        for name, tensor in inputs.items():
            binding.bind_ortvalue_input(name, _value(tensor))
        for name, tensor in outputs.items():
            binding.bind_ortvalue_output(name, _value(tensor))
        return functools.partial(self._start, binding)

    def _start(self, binding: onnxruntime.IOBinding) -> None:
        """Run from and to what is bound.

        Raises:
            BackendError: onnxruntime gives up in the middle.
        """
        try:
            with self._flushed():
                self._session.run_with_iobinding(binding)
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> BackendError:
        """What to raise for *error*: those of onnxruntime share no class of their own."""
        reason = str(error).strip().split("\n")[0]
        return BackendError(f"{self._runtime.version} could not run the graph: {reason}")

    def end_profiling(self) -> str:
        """Stop profiling; the path of the profile."""
        return self._session.end_profiling()


def _value(tensor: Tensor) -> onnxruntime.OrtValue:
    assert isinstance(tensor, OrtTensor), "what is bound to a session of ONNX Runtime is a tensor of ONNX Runtime"
    return tensor.value


def _place_threads(options: onnxruntime.SessionOptions, threads: int | None) -> None:
    """Set the number of threads; where they take all cores, bind each but the caller's to a core of its own.

    onnxruntime's threads wait for each other by spinning, many times in a step. A system that puts two of them on one
    core makes a step two to three times slower (docs/performance.md).
    """
    cores = _cores()
    options.intra_op_num_threads = len(cores) if threads is None else threads
    if cores and threads in (None, len(cores)) and len(cores) > 1:
        options.add_session_config_entry(
            "session.intra_op_thread_affinities", ";".join(str(core + 1) for core in cores[1:])
        )


@functools.cache
def _cores() -> list[int]:
    """One processor number for each core that this process may use; empty where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    cores: dict[str | int, int] = {}
    for processor in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
        cores.setdefault(siblings.read_text() if siblings.exists() else processor, processor)
    return sorted(cores.values())
