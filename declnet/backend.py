"""Which onnxruntime is installed, what it can do, and sessions on it."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import build_and_package_info

from declnet.errors import BackendError

_EXTRAS = {"cuda": "declnet[cuda] (current onnxruntime) or declnet[training-cuda] (onnxruntime-training 1.19.2)"}


@dataclass(frozen=True)
class Backend:
    """The installed build. ``training_kernels``: whether it has onnxruntime-training's gradient kernels."""

    package: str
    version: str
    providers: tuple[str, ...]
    training_kernels: bool


@functools.cache
def backend() -> Backend:
    """The onnxruntime of this environment."""
    package = build_and_package_info.package_name
    return Backend(
        package,
        onnxruntime.__version__,
        tuple(onnxruntime.get_available_providers()),
        "training" in package,
    )


def kernels(choice: str) -> str:
    """ "standard" or "training": the form of the step graph for a choice of "auto", "standard" or "training".

    Raises:
        BackendError: the choice is unknown, or this build has no gradient kernels.
    """
    if choice not in ("auto", "standard", "training"):
        raise BackendError(f"unknown kernels {choice!r}", allowed="auto, standard, training")
    if choice == "training" and not backend().training_kernels:
        raise BackendError(
            f"{backend().package} {backend().version} has no training kernels",
            allowed="auto, standard",
            hint="install declnet[training] (CPU) or declnet[training-cuda] instead, in an environment of its own",
        )
    return ("training" if backend().training_kernels else "standard") if choice == "auto" else choice


@dataclass(frozen=True)
class Device:
    """Where tensors live: kind "cpu" or "cuda", and the index of the device."""

    kind: str
    index: int = 0

    @property
    def providers(self) -> list:
        """The execution providers for a session on this device, first choice first."""
        if self.kind == "cuda":
            return [("CUDAExecutionProvider", {"device_id": str(self.index)}), "CPUExecutionProvider"]
        return ["CPUExecutionProvider"]

    def put(self, array: np.ndarray) -> onnxruntime.OrtValue:
        """A tensor on this device. On the CPU it shares the memory of *array*."""
        return onnxruntime.OrtValue.ortvalue_from_numpy(array, self.kind, self.index)


def device(name: str) -> Device:
    """The device called "cpu", "cuda" or "cuda:<index>".

    Raises:
        BackendError: the name is unknown, or this build has no execution provider for it.
    """
    match = re.fullmatch(r"(cpu|cuda)(?::(\d+))?", name)
    if not match or (match[1] == "cpu" and match[2]):
        raise BackendError(f"unknown device {name!r}", allowed="cpu, cuda, cuda:<index>")
    if match[1] == "cuda" and "CUDAExecutionProvider" not in backend().providers:
        raise BackendError(
            f"device {name!r}: {backend().package} {backend().version} has no CUDA execution provider",
            allowed=", ".join(backend().providers),
            hint=f"install {_EXTRAS['cuda']} instead, in an environment of its own",
        )
    return Device(match[1], int(match[2] or 0))


def session(
    model: bytes,
    where: Device,
    *,
    profile: str | None = None,
    threads: int | None = None,
    denormals: bool = True,
) -> onnxruntime.InferenceSession:
    """A session of a serialised model.

    Args:
        profile: the prefix of a profile file to write.
        threads: how many threads work on one operator; None: as many as there are processor cores.
        denormals: whether the session's threads compute with them; if not, they count as zero. The first session of a
            process decides the same for the calling thread, for good: see declnet/training/denormals.py.

    Raises:
        BackendError: onnxruntime refuses the model, or falls back from the device that was asked for.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.use_deterministic_compute = True
    if not denormals:
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
    _place_threads(options, threads)
    if profile:
        options.enable_profiling = True
        options.profile_file_prefix = profile
    try:
        made = onnxruntime.InferenceSession(model, options, providers=where.providers)
    except Exception as error:  # onnxruntime's errors share no class of their own
        reason = str(error).strip().split("\n")[0]
        raise BackendError(f"{backend().package} {backend().version} refuses the graph: {reason}") from error
    if where.kind == "cuda" and "CUDAExecutionProvider" not in made.get_providers():
        raise BackendError(
            "the CUDA execution provider did not start",
            hint="`nvidia-smi` shows whether there is a device, `declnet doctor` which CUDA the wheel was built for",
        )
    return made


def _place_threads(options: onnxruntime.SessionOptions, threads: int | None) -> None:
    """Set the number of threads; where they take all cores, bind each but the caller's to a core of its own.

    onnxruntime's threads wait for each other by spinning, many times in a step. A system that puts two of them on one
    core makes a step two to three times slower (docs/performance.md).
    """
    cores = _cores()
    options.intra_op_num_threads = threads or len(cores)
    if cores and threads in (None, len(cores)) and len(cores) > 1:
        options.add_session_config_entry(
            "session.intra_op_thread_affinities", ";".join(str(core + 1) for core in cores[1:])
        )


@functools.cache
def _cores() -> list[int]:
    """One processor number for each core that this process may use; empty where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    cores = {}
    for processor in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
        cores.setdefault(siblings.read_text() if siblings.exists() else processor, processor)
    return sorted(cores.values())


def run(made: onnxruntime.InferenceSession, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run a session once; what it does not take of *feed* is left out."""
    names = [given.name for given in made.get_inputs()]
    outputs = [output.name for output in made.get_outputs()]
    return dict(zip(outputs, made.run(outputs, {name: feed[name] for name in names})))
