"""Spectrograms against numpy's Fourier transform and scipy's, and how the bands of mel spectrograms lie."""

import numpy as np
import onnxruntime
import pytest
import scipy.signal
from declnet_audio.mel_spectrogram import mel_spectrogram
from declnet_audio.stft_spectrogram import stft_spectrogram

import declnet
from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

RANDOM = np.random.default_rng(0)
SIGNAL = RANDOM.standard_normal((3, 200)).astype("float32")
STEREO = RANDOM.standard_normal((2, 60, 2)).astype("float32")


def framed(signal, length, step):
    """The frames of signals (N, samples): (N, frames, length)."""
    return np.lib.stride_tricks.sliding_window_view(signal.astype("float64"), length, axis=1)[:, ::step]


def spectra(signal, window, step, length):
    """The Fourier transforms of windowed frames: (N, frames, length // 2 + 1)."""
    return np.fft.rfft(framed(signal, len(window), step) * window, length, axis=-1)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("real", np.real),
        ("imag", np.imag),
        ("magnitude", np.abs),
        ("log", lambda z: np.log(np.abs(z))),
        ("angle", np.angle),
        ("stft", lambda z: np.concatenate([z.real, z.imag], -1)),
    ],
)
@pytest.mark.parametrize("fft_length", [32, 40, 45])
def test_modes(mode, expected, fft_length):
    """Each mode is a function of numpy's transform of windowed frames, at any length of the transforms."""
    properties = {"mode": mode, "frame_length": 32, "frame_step": 20, "fft_length": fft_length, "scaling": None}

    [y], _ = run_layer(stft_spectrogram, properties, [SIGNAL])

    wanted = expected(spectra(SIGNAL, np.hanning(32), 20, fft_length))
    apart = np.abs(wanted - y)
    # Angles of -pi and pi are the same.
    apart = np.minimum(apart, np.abs(2 * np.pi - apart)) if mode == "angle" else apart
    assert apart.max() < 2e-4


@pytest.mark.parametrize("scaling", ["density", "spectrum"])
@pytest.mark.parametrize("fft_length", [32, 33])
def test_power_spectral_density(scaling, fft_length):
    """As scipy.signal.spectrogram has it."""
    properties = {"mode": "psd", "frame_length": 30, "fft_length": fft_length, "scaling": scaling}

    [y], _ = run_layer(stft_spectrogram, properties, [SIGNAL])

    _, _, expected = scipy.signal.spectrogram(
        SIGNAL, window=np.hanning(30), noverlap=15, nfft=fft_length, detrend=False, scaling=scaling
    )
    np.testing.assert_allclose(expected.transpose(0, 2, 1), y, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", None])
@pytest.mark.parametrize("periodic", [False, True])
def test_windows(window, periodic):
    """As scipy.signal.get_window has them."""
    properties = {"mode": "stft", "frame_length": 12, "window": window, "periodic": periodic, "scaling": None}

    [y], _ = run_layer(stft_spectrogram, properties, [SIGNAL])

    z = spectra(SIGNAL, scipy.signal.get_window(window or "boxcar", 12, fftbins=periodic), 6, 16)
    np.testing.assert_allclose(np.concatenate([z.real, z.imag], -1), y, atol=1e-4)


@pytest.mark.parametrize(("samples", "step", "frames"), [(50, 8, 7), (48, 8, 6), (49, 16, 4), (20, 16, 2)])
def test_padding(samples, step, frames):
    """ "same" makes one frame for each step, with as many zeros before the signal as after it, or one less."""
    properties = {"mode": "real", "frame_length": 16, "frame_step": step, "padding": "same", "scaling": None}

    [y], _ = run_layer(stft_spectrogram, properties, [SIGNAL[:, :samples]])

    zeros = (frames - 1) * step + 16 - samples
    padded = np.pad(SIGNAL[:, :samples], [(0, 0), (zeros // 2, zeros - zeros // 2)])
    np.testing.assert_allclose(spectra(padded, np.hanning(16), step, 16).real, y, atol=1e-4)


@pytest.mark.parametrize(
    ("layer", "properties"),
    [
        (stft_spectrogram, {"mode": "magnitude", "frame_length": 16}),
        (stft_spectrogram, {"mode": "stft", "frame_length": 16}),
        (mel_spectrogram, {"frame_length": 16, "mel_bins": 4}),
    ],
)
def test_channels(layer, properties):
    """Each channel is transformed by itself; what the first one gives comes first."""
    [both], _ = run_layer(layer, properties, [STEREO])
    [left], _ = run_layer(layer, properties, [STEREO[:, :, 0]])
    [right], _ = run_layer(layer, properties, [STEREO[:, :, 1:]])

    if layer is mel_spectrogram:
        # Both are quiet enough that nothing is cut off below the louder one.
        assert both.min() > both.max() - 80
    np.testing.assert_allclose(np.concatenate([left, right], -1), both, atol=1e-5)


def test_silence():
    """Nothing is heard, and nothing is infinite."""
    silence = np.zeros((1, 64), "float32")
    for mode, value in {"log": np.log(1e-7) / 2, "magnitude": 1e-7**0.5, "psd": 0, "angle": 0}.items():
        [y], _ = run_layer(stft_spectrogram, {"mode": mode, "frame_length": 16}, [silence])

        np.testing.assert_allclose(value, y, rtol=1e-5)
    [y], _ = run_layer(mel_spectrogram, {"frame_length": 16, "mel_bins": 4}, [silence])

    np.testing.assert_allclose(-100, y, rtol=1e-5)


def mels(signal, sampling_rate, window, step, length, bands, low, high):
    """Energies of triangular bands, written as a loop over bands and frequencies."""
    half, left = length // 2, (length - len(window)) // 2
    window = np.pad(window, (left, length - len(window) - left))
    power = np.abs(spectra(np.pad(signal, [(0, 0), (half, half)], mode="reflect"), window, step, length)) ** 2
    mel = lambda f: 2595 * np.log10(1 + f / 700)  # noqa: E731
    width = (mel(high) - mel(low)) / (bands + 1)
    y = np.zeros((*power.shape[:2], bands))
    for band in range(bands):
        centre = mel(low) + (band + 1) * width
        for k in range(1, half + 1):
            y[..., band] += max(0, 1 - abs(mel(k * sampling_rate / length) - centre) / width) * power[..., k]
    return y


@pytest.mark.parametrize(("frame_length", "fft_length"), [(32, 32), (24, 32), (21, 30)])
def test_mel_energies(frame_length, fft_length):
    """Bands are triangles on the mel scale; frames are centred, and the signal is mirrored at its ends."""
    properties = {
        "frame_length": frame_length, "frame_step": 9, "fft_length": fft_length, "sampling_rate": 8000, "mel_bins": 6,
        "min_frequency": 100, "max_frequency": 3500, "decibels": False,
    }  # fmt: skip

    [y], _ = run_layer(mel_spectrogram, properties, [SIGNAL])

    window = scipy.signal.get_window("hann", frame_length)
    expected = mels(SIGNAL, 8000, window, 9, fft_length, 6, 100, 3500)
    assert expected.shape == y.shape
    np.testing.assert_allclose(expected, y, rtol=1e-4, atol=1e-4)


def test_mel_of_magnitudes():
    """With power 1 the bands add up magnitudes: of a frame that holds one frequency, its root energy."""
    properties = {"frame_length": 32, "frame_step": 200, "mel_bins": 3, "decibels": False, "window": None}
    pulse = np.zeros((1, 64), "float32")
    pulse[0, 0] = 3

    y = {power: run_layer(mel_spectrogram, {**properties, "power": power}, [pulse])[0][0] for power in (1, 2)}

    # A pulse holds all frequencies alike.
    np.testing.assert_allclose(3 * y[1], y[2], rtol=1e-4)


def test_decibels():
    """Ten times the decimal logarithm of what is 0 dB, cut off below the loudest band of each example."""
    properties = {"frame_length": 32, "mel_bins": 6}
    signal = SIGNAL * np.array([[1], [1e-3], [30]], "float32")
    [energy], _ = run_layer(mel_spectrogram, {**properties, "decibels": False}, [signal])

    [y], _ = run_layer(mel_spectrogram, {**properties, "ref_power": 2.5, "top_db": 20}, [signal])
    [whole], _ = run_layer(mel_spectrogram, {**properties, "ref_power": 2.5, "top_db": None}, [signal])

    expected = 10 * np.log10(np.maximum(energy.astype("float64"), 1e-10) / 2.5)
    np.testing.assert_allclose(expected, whole, atol=1e-3)
    np.testing.assert_allclose(np.maximum(expected, expected.max((1, 2), keepdims=True) - 20), y, atol=1e-3)


def test_tone():
    """A tone is loudest in the band whose triangle holds it."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(4000) / 16000, dtype="float32")[None]

    [y], _ = run_layer(mel_spectrogram, {"frame_length": 512, "mel_bins": 40}, [tone])

    mel = 2595 * np.log10(1 + np.array([20, 8000, 1000]) / 700)
    assert round((mel[2] - mel[0]) / (mel[1] - mel[0]) * 41) - 1 == y[0, 8].argmax()


@pytest.mark.parametrize("mode", ["log", "magnitude", "psd", "real", "imag", "angle", "stft"])
def test_stft_shapes_and_gradients(mode):
    """Gradients flow through every mode, to signals with and without an axis of channels."""
    properties = {"mode": mode, "frame_length": 6, "frame_step": 4}
    bins = 10 if mode == "stft" else 5

    check_layer(stft_spectrogram, properties, inputs=[("N", 20)], output=("N", 4, bins))
    check_layer(stft_spectrogram, properties, inputs=[("N", 20, 2)], output=("N", 4, 2 * bins))
    check_layer(stft_spectrogram, {**properties, "padding": "same"}, inputs=[("N", 20)], output=("N", 5, bins))


@pytest.mark.parametrize("properties", [{}, {"power": 1}, {"decibels": False}, {"top_db": None}])
def test_mel_shapes_and_gradients(properties):
    """Gradients flow through the bands."""
    properties = {"frame_length": 8, "frame_step": 5, "mel_bins": 3, **properties}

    check_layer(mel_spectrogram, properties, inputs=[("N", 20)], output=("N", 5, 3))
    check_layer(mel_spectrogram, properties, inputs=[("N", 20, 2)], output=("N", 5, 6))


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "message"),
    [
        (stft_spectrogram, {}, (2, 3, 400, 1), "signals of known length"),
        (stft_spectrogram, {}, (2, 200), "200 samples, less than a frame of 256"),
        (stft_spectrogram, {"fft_length": 128}, (2, 400), "frames are longer than their transforms"),
        (mel_spectrogram, {"frame_length": 64, "max_frequency": 9000}, (2, 400), "do not lie within"),
        (mel_spectrogram, {"frame_length": 64, "min_frequency": 8000}, (2, 400), "do not lie within"),
        (mel_spectrogram, {}, (2, 1000), "1000 samples cannot be mirrored by 1024"),
    ],
)
def test_misfits_are_refused(layer, properties, shape, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32")])


@pytest.mark.parametrize("spectrogram", ["stft_spectrogram", "mel_spectrogram"])
def test_learns_and_is_exported(spectrogram, tmp_path):
    """High tones are told from low ones by a convolution over the spectrogram; onnxruntime alone predicts the same."""
    pitch = RANDOM.uniform(0.05, 0.45, (32, 1))
    columns = {"sound": np.sin(2 * np.pi * pitch * np.arange(64)).astype("float32"), "high": (pitch > 0.25) * 1.0}
    layers = [
        {"type": spectrogram, "frame_length": 16},
        {"type": "expand_dims", "axis": 1},
        {"type": "conv", "filters": 4, "kernel": 3, "activation": "relu"},
        {"type": "flatten"},
        {"type": "dense", "units": 1},
    ]
    training = {
        "loss": {"type": "binary_cross_entropy", "target": "high"},
        "optimizer": {"type": "adam", "learning_rate": 0.003},
        "epochs": 6,
        "batch_size": 8,
    }
    spec = {"name": "tones", "inputs": {"sound": {"shape": [64]}}, "layers": layers, "training": training}

    run = declnet.train(spec, data={"train": columns, "validation": columns})
    run.export(tmp_path / "model.onnx")

    losses = [record["validation_loss"] for record in run.history]
    assert losses[-1] < 0.9 * losses[0]
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (expected,) = run.predict({"sound": columns["sound"]}).values()
    np.testing.assert_allclose(expected, session.run(None, {"sound": columns["sound"]})[0], atol=1e-4)
