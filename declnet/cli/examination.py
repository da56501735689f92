"""What ``declnet doctor`` looks at."""

import os
import platform
import sys
from dataclasses import asdict, dataclass
from importlib import metadata

WHEELS = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-training", "onnxruntime-training-cpu")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    ok: bool = True
    hint: str | None = None

    def as_dict(self) -> dict:
        return {key: value for key, value in asdict(self).items() if value is not None}


def examine() -> list[Finding]:
    """Look at Python, the onnxruntime wheel and the plugins; never raises for what is missing."""
    import declnet

    findings = [
        Finding("declnet", declnet.__version__),
        Finding("python", f"{platform.python_version()} ({sys.executable}), {platform.system()} {platform.machine()}"),
        Finding("threads", f"{_cores()} for computing, of {os.cpu_count()}"),
        _wheel(),
    ]
    if findings[-1].ok:
        findings += _runtime()
    return [*findings, _plugins()]


def _wheel() -> Finding:
    """All wheels of onnxruntime install the same module over each other, so there must be exactly one."""
    from declnet.runtime import extras

    there = [f"{name} {version}" for name in WHEELS if (version := _version(name))]
    if len(there) == 1:
        return Finding("onnxruntime", there[0])
    if there:
        hint = f"they overwrite each other: uninstall all of them, then install one of {extras.ANY}"
        return Finding("onnxruntime", " and ".join(there), False, hint)
    return Finding("onnxruntime", "not installed", False, f"install one of {extras.ANY}")


def _runtime() -> list[Finding]:
    try:
        from declnet.runtime import open_runtime
        from declnet.target import OPSET

        runtime = open_runtime()
        opset = _opset()
    except Exception as error:  # a wheel that does not import fails in its own ways
        reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
        return [Finding("runtime", reason, False, "install the wheel again, in a fresh environment")]
    fused = "com.microsoft" in runtime.target.domains
    kernels = "with fused gradient kernels" if fused else "of plain ONNX operators"
    return [
        Finding("devices", ", ".join(runtime.devices())),
        Finding("target", f"{runtime.target.name}: step graphs {kernels}"),
        Finding("opset", f"up to {opset}; declnet writes {OPSET}", opset >= OPSET),
    ]


def _opset() -> int:
    """The newest version of the ONNX operators that the runtime accepts, found by trying."""
    import onnx
    from onnx import TensorProto, helper

    from declnet.errors import BackendError
    from declnet.runtime import open_runtime

    runtime = open_runtime()
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "probe", [x], [y])
    for version in range(onnx.defs.onnx_opset_version(), 0, -1):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
        try:
            runtime.session(model)
        except BackendError:
            continue
        return version
    return 0


def _plugins() -> Finding:
    from declnet.errors import PluginError
    from declnet.plugins import installed

    try:
        found = installed()
    except PluginError as error:
        return Finding("plugins", error.diagnostics[0].message, False, error.diagnostics[0].hint)
    foreign = sorted({name for name in found.distributions.values() if not name.startswith("declnet ")})
    return Finding("plugins", f"{len(found.distributions)}" + (f", also from {', '.join(foreign)}" if foreign else ""))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
