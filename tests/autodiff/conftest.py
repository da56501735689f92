"""What the tests of gradients share."""

import contextlib

import onnx
import onnxruntime
import pytest
from onnx import helper, parser


@pytest.fixture(scope="session")
def opset_of_runtime():
    """The newest opset that the installed onnxruntime reads, and the installed onnx writes."""
    graph = parser.parse_graph("net (float[N] x) => (float[N] y) { y = Identity (x) }")
    for opset in range(onnx.defs.onnx_opset_version(), 21, -1):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
        with contextlib.suppress(Exception):  # onnxruntime's own types of errors vary
            onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            return opset
    return 21


@pytest.fixture(scope="session")
def run():
    """Run a model on a feed by name; return its outputs by name."""

    def run(model, feed):
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_outputs()]
        wanted = {value.name for value in session.get_inputs()}
        return dict(zip(names, session.run(names, {k: v for k, v in feed.items() if k in wanted})))

    return run
