"""What runs graphs. A runtime has a name, devices and a target; its sessions run models, its tensors hold values.

interface     Runtime, Session, Tensor
choice        which runtime, and which target, are meant
extras        what to install for ONNX Runtime
onnxruntime   ONNX Runtime, offered like any other by the hook ``declnet_runtimes``
denormals     numbers next to zero count as zero while a step runs
"""

from declnet.hookspecs import hookimpl
from declnet.runtime.choice import choose_target, open_runtime
from declnet.runtime.interface import Runtime, Session, Tensor

__all__ = ["Runtime", "Session", "Tensor", "choose_target", "declnet_runtimes", "open_runtime"]


@hookimpl
def declnet_runtimes() -> list[type[Runtime]]:
    """Offer ONNX Runtime where it is installed; it is imported when somebody asks which runtimes there are."""
    try:
        from declnet.runtime.onnxruntime import OnnxRuntime
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise
        return []
    return [OnnxRuntime]
