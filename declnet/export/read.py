"""Read a file that declnet wrote: recover the spec, the weights and the provenance; predict with its graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from declnet.data import Rows, conform
from declnet.errors import RunError, SpecError
from declnet.evaluation import predict
from declnet.plugins import Plugins, installed
from declnet.program import PREFIX, Program
from declnet.runtime import Runtime, Session
from declnet.spec import parse


class ExportedFile:
    """An exported ONNX file.

    ``model`` is what it holds; ``program`` is that of the spec it was made from; ``weights`` are the trained values
    in it; ``metadata`` is what else it tells: version, plugins, inputs, outputs, provenance, metrics, parity.

    Raises:
        RunError: the file cannot be read, or was not written by declnet.
        SpecError: a plugin that the spec needs is not installed.
    """

    def __init__(self, path: str | Path, runtime: Runtime, *, plugins: Plugins | None = None):
        self.path, self._runtime = Path(path), runtime
        self.model = _load(self.path)
        entries = {entry.key: entry.value for entry in self.model.metadata_props}
        self.metadata = {k.removeprefix(PREFIX): _json(v) for k, v in entries.items() if k.startswith(PREFIX)}
        document = self.metadata.pop("spec", None)
        if not isinstance(document, dict):
            raise RunError(
                f"{self.path} holds no spec",
                found=f"an ONNX file made by {self.model.producer_name or 'another program'}",
                allowed="a file that `declnet export` wrote",
            )
        plugins = plugins or installed()
        spec = parse(document, trusted=True, plugins=plugins, folder=self.path.parent)
        if spec.errors:
            raise SpecError(spec.errors)
        self.program = Program(spec, runtime.target, plugins)
        self.weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in self.model.graph.initializer}

    def predict(self, features: Rows | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of the file's own graph for the rows of *features*.

        Raises:
            DataError: a feature is missing, or does not fit.
        """
        return predict(self._session, conform(features, self.program.features, "data to predict"))

    @cached_property
    def _session(self) -> Session:
        return self._runtime.session(self.model)


def _load(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception:  # protobuf's error classes depend on how it was built
        model = None
    if model is None or not model.HasField("graph"):
        raise RunError(f"{path} is not an ONNX file", allowed="a file that `declnet export` wrote")
    return model


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
