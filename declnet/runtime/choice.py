"""Which runtime and which target are meant."""

from __future__ import annotations

from collections.abc import Collection

from declnet.errors import BackendError, PluginError
from declnet.plugins import Plugins, installed
from declnet.runtime import extras
from declnet.runtime.interface import Runtime
from declnet.target import TARGETS, Target, named

DEFAULT = "onnxruntime"


def open_runtime(
    runtime: Runtime | str = DEFAULT,
    device: str | None = None,
    threads: int | None = None,
    *,
    plugins: Plugins | None = None,
) -> Runtime:
    """The runtime of this name on *device*, by default the CPU; a Runtime, which has device and threads, is itself.

    Args:
        threads: how many threads work on one operator; None: as many as there are processor cores.

    Raises:
        BackendError: no plugin offers a runtime of this name, onnxruntime is not installed, or there is no such device;
            a Runtime has others than *device* and *threads*.
    """
    if isinstance(runtime, Runtime):
        if device not in (None, runtime.device):
            raise BackendError("the runtime works on another device", found=device, allowed=runtime.device)
        if threads not in (None, runtime.threads):
            raise BackendError(
                "the runtime works with another number of threads",
                found=f"threads={threads}",
                allowed=str(runtime.threads or "as many as there are processor cores"),
                hint="give them to the runtime itself, OnnxRuntime(threads=...), or name it: runtime='onnxruntime'",
            )
        return runtime
    runtimes = offered_runtimes(plugins or installed())
    if runtime not in runtimes:
        raise _absent(runtime, runtimes)
    made = runtimes[runtime]("cpu" if device is None else device, threads)
    for name, type in (("device", str), ("version", str), ("target", Target)):
        if not isinstance(getattr(made, name, None), type):
            raise PluginError(f"runtime {runtime!r} has no {name}", allowed=f"a {type.__name__}")
    if made.device.partition(":")[0] not in made.devices():
        raise BackendError(f"runtime {runtime!r} has no device {made.device!r}", allowed=", ".join(made.devices()))
    return made


def offered_runtimes(plugins: Plugins) -> dict[str, type[Runtime]]:
    """The runtimes of all plugins, by their names.

    Raises:
        PluginError: an offer is no runtime, or two have one name.
    """
    found: dict[str, type[Runtime]] = {}
    owners: dict[str, str] = {}
    for plugin, runtime in plugins.offered("declnet_runtimes"):
        offered = isinstance(runtime, type) and issubclass(runtime, Runtime)
        if not (offered and isinstance(getattr(runtime, "name", None), str)):
            allowed = "subclasses of declnet.Runtime, each with a name"
            raise PluginError(f"declnet_runtimes of plugin {plugin!r} offers {runtime!r}", allowed=allowed)
        if runtime.name in found:
            raise plugins.clash(f"runtime {runtime.name!r}", owners[runtime.name], plugin)
        found[runtime.name], owners[runtime.name] = runtime, plugin
    return found


def _absent(name: str, runtimes: Collection[str]) -> BackendError:
    allowed = ", ".join(runtimes) or None
    if name == DEFAULT:
        return BackendError("onnxruntime is not installed", allowed=allowed, hint=f"install one of {extras.ANY}")
    return BackendError(f"there is no runtime {name!r}", allowed=allowed, hint="install the plugin that brings it")


def choose_target(choice: Target | str, runtime: Runtime) -> Target:
    """The target that is meant: "auto" is that of *runtime*.

    Raises:
        BackendError: the name is unknown, or *runtime* lacks kernels of the target.
    """
    target = runtime.target if choice == "auto" else named(choice, "auto")
    if lacking := sorted(target.domains - runtime.target.domains):
        raise BackendError(
            f"{runtime.version} has no kernels of the domain {lacking[0]!r}, which the target {target.name!r} uses",
            allowed=", ".join(["auto", *(n for n, t in TARGETS.items() if runtime.target.domains >= t.domains)]),
            hint=f"install {extras.TRAINING} instead, in an environment of its own"
            if lacking == ["com.microsoft"]
            else "install the distribution that brings them",
        )
    return target
