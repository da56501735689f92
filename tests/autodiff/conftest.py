"""What the tests of gradients share."""

import onnxruntime
import pytest


@pytest.fixture(scope="session")
def opset_of_runtime():
    """The newest opset that the installed onnxruntime reads."""
    major, minor = (int(part) for part in onnxruntime.__version__.split(".")[:2])
    return 21 if (major, minor) < (1, 23) else 23


@pytest.fixture(scope="session")
def run():
    """Run a model on a feed by name; return its outputs by name."""

    def run(model, feed):
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_outputs()]
        wanted = {value.name for value in session.get_inputs()}
        return dict(zip(names, session.run(names, {k: v for k, v in feed.items() if k in wanted})))

    return run
