"""Samples, divergences and noise: their distributions, gradients and repeatability."""

import numpy as np
import onnxruntime
import pytest

import declnet
from declnet import DeclnetError
from declnet.plugins import installed
from declnet.testing import check_layer, layer_gradients, run_layer

LAYERS = installed().components("layer")
ROWS = np.zeros((400, 50), "float32")


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("name", "properties", "inputs", "outputs"),
    [
        ("sampling", {}, [("N", 3)] * 2, [("N", 3), ("N",)]),
        ("sampling", {"when": "always"}, [("N", 2, 3)] * 2, [("N", 2, 3), ("N",)]),
        ("kl_gaussian", {}, [("N", 3)] * 2, ("N",)),
        ("kl_gaussian", {}, [("N", 2, 3)] * 4, ("N",)),
        ("noise", {"shape": [4, 2]}, [("N", 3)], ("N", 4, 2)),
    ],
)
def test_shapes_and_gradients(name, properties, inputs, outputs):
    """The batch stays symbolic, and gradients agree with differences."""
    check_layer(LAYERS[name], properties, inputs=inputs, output=outputs)


def test_divergence_by_integration():
    """The integral of q log(q / p) over a fine grid, added up over the features."""
    mean, log_variance, prior_mean, prior_log_variance = inputs = [normal(2, 3) + k / 4 for k in range(4)]
    z = np.linspace(-40, 40, 400_001)

    def density(m, v):
        return -((z - m) ** 2) / (2 * v) - np.log(2 * np.pi * v) / 2

    expected = np.zeros(2)
    for row, column in np.ndindex(2, 3):
        q = density(mean[row, column].astype("float64"), np.exp(float(log_variance[row, column])))
        p = density(prior_mean[row, column].astype("float64"), np.exp(float(prior_log_variance[row, column])))
        expected[row] += np.sum(np.exp(q) * (q - p)) * (z[1] - z[0])

    [y], _ = run_layer(LAYERS["kl_gaussian"], {}, inputs)
    [unit], _ = run_layer(LAYERS["kl_gaussian"], {}, [mean, log_variance])
    [zeros], _ = run_layer(LAYERS["kl_gaussian"], {}, [mean, log_variance, 0 * mean, 0 * mean])

    np.testing.assert_allclose(expected, y, rtol=1e-4)
    np.testing.assert_allclose(zeros, unit, rtol=1e-5)


@pytest.mark.parametrize("prior", [False, True])
def test_divergence_as_pytorch(torch, prior):
    """torch.distributions.kl_divergence, and its gradients."""
    inputs = [normal(2, 3) + k / 4 for k in range(4 if prior else 2)]
    t = [torch.tensor(value.astype("float64"), requires_grad=True) for value in inputs]
    q = torch.distributions.Normal(t[0], torch.exp(t[1] / 2))
    p = torch.distributions.Normal(t[2], torch.exp(t[3] / 2)) if prior else torch.distributions.Normal(0.0, 1.0)
    expected = torch.distributions.kl_divergence(q, p).sum(1)
    dy = normal(2)
    expected.backward(torch.tensor(dy.astype("float64")))

    [y], gradients = layer_gradients(LAYERS["kl_gaussian"], {}, inputs, [dy])

    np.testing.assert_allclose(expected.detach().numpy(), y, rtol=1e-4)
    for k, tensor in enumerate(t):
        np.testing.assert_allclose(tensor.grad.numpy(), gradients[f"input_{k}"], rtol=1e-4, atol=1e-5)


def test_samples_have_mean_and_variance():
    """Over 20,000 draws both are within five standard errors."""
    mean, log_variance = ROWS + 3, ROWS + np.float32(np.log(4))

    [z, _], _ = run_layer(LAYERS["sampling"], {}, [mean, log_variance], training=True)

    assert abs(z.mean() - 3) < 5 * 2 / np.sqrt(z.size)
    assert abs(z.var() - 4) < 5 * 4 * np.sqrt(2 / z.size)
    assert len(z) == len(np.unique(z, axis=0))


def test_samples_let_gradients_through():
    """z moves with the mean, and with half its distance from the mean for the logarithm of the variance."""
    mean, log_variance, dy = normal(2, 3), normal(2, 3), normal(2, 3)

    [z, _], gradients = layer_gradients(LAYERS["sampling"], {}, [mean, log_variance], [dy, np.zeros(2)])

    np.testing.assert_allclose(dy, gradients["input_0"], rtol=1e-5)
    np.testing.assert_allclose(dy * (z - mean) / 2, gradients["input_1"], rtol=1e-4, atol=1e-6)


def test_when_samples_are_drawn():
    """After training the mean is the result, unless draws are wanted always; draws repeat."""
    inputs = [normal(2, 3), normal(2, 3)]
    runs = {
        (when, training): [
            run_layer(LAYERS["sampling"], {"when": when}, inputs, training=training)[0][0] for _ in range(2)
        ]
        for when in ("training", "always")
        for training in (False, True)
    }

    for first, second in runs.values():
        np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(inputs[0], runs["training", False][0])
    assert (inputs[0] != runs["always", False][0]).all()
    assert (inputs[0] != runs["training", True][0]).all()


@pytest.mark.parametrize(("distribution", "variance", "limit"), [("normal", 1, 6), ("uniform", 1 / 3, 1)])
def test_noise(distribution, variance, limit):
    """Mean zero, the variance of the distribution, and independent rows."""
    [z], _ = run_layer(LAYERS["noise"], {"shape": [50], "distribution": distribution}, [ROWS])

    assert ROWS.shape == z.shape
    assert abs(z.mean()) < 5 * np.sqrt(variance / z.size)
    assert abs(z.var() - variance) < 5 * variance * np.sqrt(2 / z.size)
    assert np.abs(z).max() <= limit
    assert len(z) == len(np.unique(z, axis=0))


def test_a_served_generator_takes_a_seed():
    """Without one it repeats itself; with another it makes something else."""
    spec = {
        "inputs": {"row": {"shape": [1]}},
        "layers": [{"type": "noise", "shape": [3]}, {"type": "dense", "units": 2}],
        "outputs": {"y": "dense_1"},
    }
    model = declnet.compile(declnet.load(spec)).inference.SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feed = {"row": np.zeros((4, 1), "float32")}

    first, again, zero = (session.run(None, feed | seed)[0] for seed in ({}, {}, {"seed": np.array(0)}))
    other = session.run(None, feed | {"seed": np.array(1)})[0]

    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, zero)
    assert (first != other).all()


def test_a_variational_autoencoder_trains(tmp_path):
    """Reconstruction and divergence are two losses, and the model that is exported is the one that was trained."""
    random = np.random.default_rng(0)
    code = random.normal(size=(256, 2))
    x = np.tanh(code @ random.normal(size=(2, 8))).astype("float32")
    spec = {
        "inputs": {"x": {"shape": [8]}},
        "layers": [
            {"type": "dense", "name": "hidden", "units": 16, "activation": "tanh"},
            {"type": "dense", "name": "mean", "units": 2, "inputs": "hidden"},
            {"type": "dense", "name": "log_variance", "units": 2, "inputs": "hidden"},
            {"type": "sampling", "name": "z", "inputs": ["mean", "log_variance"]},
            {"type": "dense", "units": 16, "activation": "tanh"},
            {"type": "dense", "name": "decoded", "units": 8},
        ],
        "outputs": {"x_again": "decoded", "code": "mean"},
        "training": {
            "loss": [
                {"type": "mean_squared_error", "from": "decoded", "target": "x"},
                {"type": "minimize", "name": "divergence", "from": "z.divergence", "weight": 0.002},
            ],
            "optimizer": {"type": "adam", "learning_rate": 0.01},
            "epochs": 12,
            "batch_size": 32,
        },
    }

    run = declnet.train(spec, out=tmp_path / "run", data={"x": x})
    run.export(tmp_path / "vae.onnx")
    again = run.predict({"x": x})["x_again"]

    assert np.mean((again - x) ** 2) < 0.5 * x.var()
    assert (tmp_path / "vae.onnx").exists()


@pytest.mark.parametrize(
    ("name", "shapes", "message"),
    [
        ("sampling", [(2, 3), (2, 4)], "input 2 does not belong to input 1"),
        ("kl_gaussian", [(2, 3)] * 3, "(.|\n)*2 or 4 inputs"),
        ("kl_gaussian", [(2, 3)] * 3 + [(2, 1)], "input 4 does not belong"),
        ("kl_gaussian", [(2,)] * 2, "input 2 does not belong"),
    ],
)
def test_misfits_are_refused(name, shapes, message):
    """What does not fit is refused, with what would fit."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(LAYERS[name], {}, [np.zeros(shape, "float32") for shape in shapes])
