"""Layers together in models: they learn, and the exported file computes what the run computes."""

import numpy as np
import onnxruntime
import pytest

import declnet

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((24, 3, 8, 8)).astype("float32")
TOKENS = RANDOM.integers(0, 20, (24, 6))

AUTOENCODER = [
    {"type": "random_flip"},
    {"type": "random_affine", "rotation": 10},
    {"type": "color_jitter", "brightness": 0.1},
    {"type": "random_erasing"},
    {"type": "rescale", "factor": 0.5},
    {"type": "separable_conv", "filters": 8, "kernel": 3, "padding": "same", "activation": "relu"},
    {"type": "group_norm", "groups": 2},
    {"type": "adaptive_avg_pool", "size": 4},
    {"type": "local_response_norm", "size": 3},
    {"type": "spatial_dropout", "rate": 0.1},
    {"type": "conv_transpose", "filters": 6, "kernel": 3, "stride": 2, "padding": "same"},
    {"type": "instance_norm"},
    {"type": "zero_pad", "padding": 1},
    {"type": "crop", "cropping": 1},
    {"type": "space_to_depth", "block_size": 2, "name": "folded"},
    {"type": "depth_to_space", "block_size": 2, "name": "fine"},
    {"type": "adaptive_max_pool", "size": 3, "inputs": "folded"},
    {"type": "lp_pool", "size": 2, "stride": 1},
    {"type": "up_sample", "size": 2, "interpolation": "linear"},
    {"type": "resize", "size": 8},
    {"type": "conv", "filters": 6, "kernel": 1, "name": "coarse"},
    {"type": "average", "inputs": ["fine", "coarse"]},
    {"type": "conv", "filters": 3, "kernel": 1},
]
SEQUENCE = [
    {"type": "embedding", "vocabulary": 20, "units": 8},
    {"type": "gaussian_noise", "standard_deviation": 0.1},
    {"type": "layer_norm"},
    {"type": "time_distributed", "layer": {"type": "maxout", "units": 6, "pieces": 2}},
    {"type": "rms_norm"},
    {"type": "alpha_dropout", "rate": 0.1},
    {"type": "gaussian_dropout", "rate": 0.1, "name": "steps"},
    {"type": "reduce", "operation": "log_sum_exp", "axes": [1], "name": "summary"},
    {"type": "slice", "axis": 1, "start": -1, "inputs": "steps"},
    {"type": "squeeze", "axes": [1]},
    {"type": "unit_norm", "name": "last"},
    {"type": "maximum", "inputs": ["summary", "last"], "name": "most"},
    {"type": "minimum", "inputs": ["summary", "last"], "name": "least"},
    {"type": "subtract", "inputs": ["most", "least"], "name": "range"},
    {"type": "bilinear", "units": 4, "inputs": ["range", "last"]},
    {"type": "repeat_vector", "times": 2, "name": "twice"},
    {"type": "dot", "inputs": ["twice", "twice"], "normalize": True},
    {"type": "flatten", "name": "similar"},
    {"type": "one_hot", "classes": 20, "inputs": "tokens"},
    {"type": "reduce", "operation": "sum", "axes": [1], "name": "counts"},
    {"type": "concat", "inputs": ["similar", "counts"]},
    {"type": "expand_dims", "axis": -1},
    {"type": "flatten"},
    {"type": "dense", "units": 1},
]
MODELS = {
    "autoencoder": ({"image": {"shape": [3, 8, 8]}}, AUTOENCODER, {"image": IMAGES, "y": IMAGES}),
    "sequence": (
        {"tokens": {"shape": [6], "dtype": "int64"}},
        SEQUENCE,
        {"tokens": TOKENS, "y": (TOKENS == 3).sum(1, keepdims=True)},
    ),
}


@pytest.mark.parametrize("kernels", ["standard", pytest.param("training", marks=pytest.mark.training_build)])
@pytest.mark.parametrize("model", MODELS)
def test_learns_and_is_exported(model, kernels, tmp_path):
    """The loss falls, and onnxruntime alone gives the predictions of the run."""
    inputs, layers, columns = MODELS[model]
    training = {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "adam", "learning_rate": 0.01},
        "epochs": 12,
        "batch_size": 8,
    }
    spec = {"name": model, "inputs": inputs, "layers": layers, "training": training}
    features = {name: columns[name] for name in inputs}

    run = declnet.train(spec, data={"train": columns, "validation": columns}, target=kernels)
    run.export(tmp_path / "model.onnx")

    losses = [record["validation_loss"] for record in run.history]
    assert losses[-1] < 0.9 * losses[0]
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for expected, found in zip(run.predict(features).values(), session.run(None, features)):
        np.testing.assert_allclose(expected, found, atol=1e-5)
