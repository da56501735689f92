"""The exporter that writes the inference model as it is: an ONNX file."""

from declnet import Component, hookimpl
from declnet_onnx.exporter import onnx


@hookimpl
def declnet_exporters() -> list[Component]:
    return [onnx]
