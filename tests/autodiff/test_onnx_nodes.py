"""The node tests that onnx itself ships, differentiated: each gradient against differences of the model's own outputs.

Those of a few operators run always, the others with ``-m slow``.
"""

import importlib
import re
import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.backend.test.case import node as onnx_cases

from declnet.autodiff import differentiate
from declnet.graph import from_model, prune, to_model, verify
from declnet.target import NEWEST_OPSET

# Modules of onnx.backend.test.case.node whose cases run always.
SAMPLE = ("affinegrid", "cumsum", "det", "dft", "gemm", "gridsample", "pad", "resize", "softmax", "where")

# Cases that are not checked, by a pattern of their names, and why.
EXCUSED = {
    r"(training_dropout|bernoulli).*": "each run draws anew",
    r"affine_grid.*_expanded": "its Range is between tensors of shape (1,), where scalars are due",
    r"reduce_sum_square_empty_set_expanded": "onnxruntime 1.19 cannot optimise the gradient, which is empty",
    r"scan_sum": "the Scan of opset 8, which had a batch axis, cannot be converted",
}

# Inputs of type float32 that decide on sizes and places, and have no gradient, by case.
DECIDING = ("resize.*:scales", "resize.*:roi", "upsample.*:scales", "melweightmatrix:lower_edge_hertz",
            "melweightmatrix:upper_edge_hertz")  # fmt: skip

# Cases whose integers must be known before the graph runs; as a rule they may be fed.
STORED = ("affine_grid.*", "col2im.*", "cumprod.*", "dft.*")


def pytest_generate_tests(metafunc):
    """One parameter for each case that has a float32 input."""
    if "case" not in metafunc.fixturenames:
        return
    cases = onnx_cases._NodeTestCases
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in SAMPLE:
            importlib.import_module(f"{onnx_cases.__name__}.{name}")
        always = len(cases)
        if "not slow" not in metafunc.config.option.markexpr:
            onnx_cases.collect_testcases(None)
    metafunc.parametrize(
        "case",
        [
            pytest.param(case, id=case.name.removeprefix("test_"), marks=[pytest.mark.slow] if k >= always else [])
            for k, case in enumerate(cases)
            if _is_ours(case)
        ],
    )


def _is_ours(case) -> bool:
    """Whether the case has a model of ai.onnx operators, not too new, and arrays for inputs, one of them float32."""
    if case.model is None or not case.data_sets or {each.domain for each in case.model.opset_import} - {"", "ai.onnx"}:
        return False
    if case.model.opset_import[0].version > NEWEST_OPSET:
        return False
    inputs = case.data_sets[0][0]
    arrays = all(isinstance(array, np.ndarray | np.generic) for array in inputs)
    return arrays and any(array.dtype == np.float32 for array in inputs)


def test_node(case):
    """Along a random direction, the gradient by each input is the slope of a random sum of the outputs.

    Where onnx chose a point at which the derivative jumps, it is so at a point beside.
    """
    name = case.name.removeprefix("test_")
    feed = {value.name: np.asarray(array) for value, array in zip(case.model.graph.input, case.data_sets[0][0])}
    loss, weights = _forward(case.model, feed)
    excused = [pattern for pattern in EXCUSED if re.fullmatch(pattern, name)]
    if excused:
        pytest.skip(EXCUSED[excused[0]])
    model = _stored(case.model, feed) if any(re.fullmatch(pattern, name) for pattern in STORED) else case.model
    flat = [pattern.partition(":")[2] for pattern in DECIDING if re.fullmatch(pattern.partition(":")[0], name)]
    try:
        _check(model, loss, weights, feed, flat)
    except AssertionError:
        _check(model, loss, weights, {key: x if key in flat else _beside(x) for key, x in feed.items()}, flat)


def _beside(x):
    random = np.random.default_rng(2)
    return x + random.uniform(0.03, 0.09, x.shape).astype(x.dtype) if x.dtype == np.float32 else x


def _check(model, loss, weights, feed, flat):
    """Compare all gradients but those by *flat* inputs."""
    for key, gradient in _gradients(model, feed, weights).items():
        if key in flat:
            assert gradient is None
        else:
            _compare(loss, feed, key, gradient)


def _stored(model, feed):
    """The *model* with its integers, axes and shapes for the most part, stored in it as they mostly are."""
    stored = onnx.ModelProto.FromString(model.SerializeToString())
    integers = [value for value in model.graph.input if feed[value.name].dtype.kind in "iu"]
    for value in integers:
        stored.graph.input.remove(value)
        stored.graph.initializer.append(onnx.numpy_helper.from_array(feed[value.name], value.name))
    return stored


def _forward(model, feed):
    """The weighted sum of the real outputs of *model*, as a function of its inputs; and the weights."""
    random = np.random.default_rng(0)
    try:
        session = _session(model)
        names = [value.name for value in session.get_outputs() if value.type == "tensor(float)"]
        found = session.run(names, feed)
    except Exception as error:  # of many types
        pytest.skip(f"this onnxruntime does not run the model: {str(error)[:80]}")
    if not names:
        pytest.skip("no output is a float32 tensor")
    # What is masked is minus infinity, or the least number.
    weights = {k: (random.normal(size=y.shape) * (np.abs(y) < 1e30)).astype(np.float32) for k, y in zip(names, found)}

    def loss(values):
        results = session.run(names, values)
        pairs = ((y.astype(float), weights[name]) for name, y in zip(names, results))
        return sum(float(np.sum(np.where(weight == 0, 0, y) * weight)) for y, weight in pairs)

    return loss, weights


def _session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _gradients(model, feed, weights):
    """The gradient by each float32 input; None where the input does not reach the outputs."""
    graph = from_model(model)
    outputs = {value.name: value for value in graph.ir.outputs}
    parts = [
        graph.ReduceSum(outputs[name] * graph.initializer(f"{name}/weight", weight), keepdims=0)
        for name, weight in weights.items()
    ]
    inputs = [value for value in graph.ir.inputs if value.name in feed and feed[value.name].dtype == np.float32]
    found = dict(zip((value.name for value in inputs), differentiate(graph, graph.Sum(*parts), inputs)))
    names = {key: graph.output(dx, f"{key}/gradient").name for key, dx in found.items() if dx is not None}
    made = to_model(verify(prune(graph), "differentiation"))
    onnx.checker.check_model(made)
    results = {}
    if names:
        session = _session(made)
        wanted = {value.name for value in session.get_inputs()}
        results = dict(zip(names, session.run(list(names.values()), {k: v for k, v in feed.items() if k in wanted})))
    return {key: results.get(key) for key in found}


def _compare(loss, feed, key, gradient):
    """Compare with central differences, of the step that fits best: the models compute in single precision."""
    x = feed[key]
    random = np.random.default_rng(1)
    # What is infinite, a mask say, stays.
    direction = np.where(np.isfinite(x), random.normal(size=x.shape), 0).astype(np.float32)
    gradient = np.zeros_like(x) if gradient is None else gradient
    assert x.shape == gradient.shape
    assert np.isfinite(gradient).all(), f"the gradient by {key} is not finite"
    slope, scale = float(np.sum(gradient * direction)), max(1.0, float(np.linalg.norm(gradient)))

    def moved(step):
        return loss({**feed, key: np.asarray(x + np.float32(step) * direction)})

    with np.errstate(all="ignore"):
        differences = [(moved(step) - moved(-step)) / (2 * step) for step in (3e-2, 1e-2, 3e-3, 1e-3)]
    error = min((abs(each - slope) for each in differences if np.isfinite(each)), default=np.inf)
    assert error < 2e-2 * scale, f"the slope along the gradient by {key} is {slope:.4g}, not one of {differences}"
