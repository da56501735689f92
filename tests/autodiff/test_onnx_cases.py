"""The node tests that onnx ships, differentiated: each gradient against a difference of the model itself."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.backend.test.case.node import collect_testcases

from declnet.autodiff import differentiate
from declnet.errors import MissingGradient
from declnet.graph import from_model, prune, to_model, verify

# Cases that hold a kink or a pole at just the values that onnx chose, or values that are not finite.
AT_A_KINK = {
    *("acos", "acosh_example", "elu_example", "elu_example_expanded_ver18", "leakyrelu_example_expanded", "pow"),
    *("l2normalization_axis_0", "maxpool_2d_pads", "maxpool_2d_same_lower", "maxpool_3d_dilations"),
    *("maxpool_3d_dilations_use_ref_impl", "selu_example", "thresholdedrelu_example"),
    *("thresholdedrelu_example_expanded_ver18", "reduce_max_empty_set", "reduce_min_empty_set"),
    *("reduce_min_default_axes_keepdims_example", "batchnorm_example", "leakyrelu_example"),
    *("selu_example_expanded_ver18", "reduce_l1_empty_set_expanded", "reduce_sum_square_empty_set_expanded"),
}
# The Scan of opset 8 had a batch axis; onnx's converter leaves that as it is.
UNREADABLE = {"scan_sum"}
# Operators of which ``declnet`` has no gradient; the message says so.
WITHOUT = {"GridSample", "DFT", "DeformConv", "RoiAlign", "TensorScatter", "Det", "STFT", "OptionalGetElement"}
WITHOUT_FOR_SOME = ("keep_aspect_ratio_policy", "the ranks of its inputs must be known")


def _cases():
    """The cases of opset 21 or less whose inputs are tensors, some of them float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case for case in collect_testcases(None) if case.model and case.data_sets]
    for case in cases:
        versions = [entry.version for entry in case.model.opset_import if entry.domain == ""]
        arrays = case.data_sets[0][0]
        real = all(isinstance(array, np.ndarray) for array in arrays) and any(a.dtype == np.float32 for a in arrays)
        if versions and versions[0] <= 21 and real and case.name.removeprefix("test_") not in AT_A_KINK | UNREADABLE:
            yield case.name, case.model, {value.name: a for value, a in zip(case.model.graph.input, arrays)}


def _session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


@pytest.mark.slow
def test_onnx_cases():
    """Along a random direction, each gradient is the difference quotient."""
    outcomes = {name: _outcome(model, feed) for name, model, feed in _cases()}
    wrong = {name: outcome for name, outcome in outcomes.items() if outcome not in ("right", "nothing to check")}

    assert {} == wrong
    assert list(outcomes.values()).count("right") > 480


def _outcome(model, feed) -> str:
    random = np.random.default_rng(0)
    try:
        forward = _session(model)
        names = [value.name for value in forward.get_outputs() if value.type == "tensor(float)"]
        weights = {k: random.normal(size=y.shape) for k, y in zip(names, forward.run(names, feed))} if names else {}
    except Exception:  # whatever this onnxruntime cannot load or run
        return "nothing to check"
    if not weights:
        return "nothing to check"

    def loss(values):
        return sum(float(np.sum(y * weights[k])) for k, y in zip(weights, forward.run(list(weights), values)))

    try:
        gradients = _gradients(model, feed, weights)
    except MissingGradient as error:
        reason = error.diagnostics[0].message
        lacking = any(node.op_type in WITHOUT for node in model.graph.node) or reason.endswith(WITHOUT_FOR_SOME)
        return "nothing to check" if lacking else reason
    except Exception as error:  # reported with the name of the case
        return f"{type(error).__name__}: {error}"
    for name, gradient in gradients.items():
        direction = random.normal(size=feed[name].shape).astype(np.float32)
        slope = float(np.sum(gradient * direction))
        scale = max(1.0, float(np.linalg.norm(gradient)))
        errors = []
        for step in (3e-2, 1e-2, 3e-3):
            ahead, behind = (
                loss({**feed, name: np.asarray(feed[name] + np.float32(d) * direction)}) for d in (step, -step)
            )
            errors.append(abs((ahead - behind) / (2 * step) - slope) / scale)
        if gradient.shape != feed[name].shape or not min(errors) < 2e-2:
            return f"the gradient by {name} is off by {min(errors):.2g}"
    return "right" if gradients else "nothing to check"


def _gradients(model, feed, weights):
    """The gradient of the weighted sum of the outputs, for each real input on which it depends."""
    graph = from_model(model)
    outputs = {value.name: value for value in graph.ir.outputs}
    parts = []
    for name, weight in weights.items():
        parts.append(
            graph.ReduceSum(outputs[name] * graph.initializer(f"{name}/weight", np.float32(weight)), keepdims=0)
        )
    inputs = [value for value in graph.ir.inputs if feed[value.name].dtype == np.float32]
    found = differentiate(graph, graph.Sum(*parts), inputs)
    reached = [(value.name, dx) for value, dx in zip(inputs, found) if dx is not None]
    names = [graph.output(dx, f"{name}/gradient").name for name, dx in reached]
    made = to_model(verify(prune(graph), "differentiation"))
    onnx.checker.check_model(made)
    session = _session(made)
    wanted = {value.name for value in session.get_inputs()}
    results = session.run(names, {k: array for k, array in feed.items() if k in wanted}) if names else []
    return dict(zip([name for name, _ in reached], results))
