"""What the tests of passes share: targets with and without slow operators, and what a graph computes."""

import numpy as np
import onnxruntime
import pytest

from declnet.autodiff import differentiate
from declnet.graph import prune, prune_inputs, to_model, verify
from declnet.target import STANDARD, Costs, Target


@pytest.fixture
def slow():
    """A target on which every operator is slow that a pass knows another form of."""
    return STANDARD


@pytest.fixture
def quick():
    """A target on which none is."""
    return Target("quick", costs=Costs(slow=frozenset()))


@pytest.fixture
def ops():
    """The operators that the outputs of a graph need."""

    def ops(graph):
        return [node.op_type for node in verify(prune(graph), "the test").ir]

    return ops


@pytest.fixture
def run():
    """What the outputs of a graph are, by name, for a feed by name."""

    def run(graph, feed):
        model = to_model(prune_inputs(verify(prune(graph), "the test"))).SerializeToString()
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_outputs()]
        return dict(zip(names, session.run(names, {given.name: feed[given.name] for given in session.get_inputs()})))

    return run


@pytest.fixture
def run_with_gradient(run):
    """The output "y" of a graph for *x*, and the gradient of its product with *dy* with respect to the input "x"."""

    def run_with_gradient(graph, x, dy, **others):
        value, y = graph.ir.inputs[0], next(value for value in graph.ir.outputs if value.name == "y")
        loss = graph.ReduceSum(y * graph.constant(dy), keepdims=0)
        (dx,) = differentiate(graph, loss, [value])
        graph.output(dx, "dx")
        found = run(graph, {"x": x, **others})
        return found["y"], found["dx"]

    return run_with_gradient


@pytest.fixture
def normal():
    """Normal numbers of a shape, float32."""
    random = np.random.default_rng(0)
    return lambda *shape: random.standard_normal(shape).astype("float32")
