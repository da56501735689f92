"""Spectrograms."""

import numpy as np

from declnet import Net, Value, layer
from declnet_audio.transform import as_sequence, signal_of, transform_length, transformed, window_of


@layer("stft_spectrogram.schema.json")
def stft_spectrogram(
    net: Net, x: Value, *, mode: str, frame_length: int, frame_step: int | None, fft_length: int | None,
    window: str | None, periodic: bool, scaling: str | None, padding: str, epsilon: float,
) -> Value:  # fmt: skip
    """Short-time Fourier transform: (N, samples[, channels]) to (N, frames, channels * (fft_length // 2 + 1)).

    Keras' STFTSpectrogram, with fixed kernels. The frequencies of the first channel come first; of mode "stft", twice
    as many, the real parts of a channel and then its imaginary ones. ONNX Conv, by frame_length * (fft_length + 2)
    numbers that are part of the model.
    """
    signal = signal_of(net, x)
    length = transform_length(net, frame_length, fft_length)
    step = frame_step or max(1, frame_length // 2)
    weights = window_of(window, frame_length, periodic)
    if scaling is not None:
        weights = weights / (np.sqrt((weights**2).sum()) if scaling == "density" else np.abs(weights).sum())
    if padding == "same":
        samples = signal.shape[2]
        missing = max(0, (-(-samples // step) - 1) * step + frame_length - samples)
        signal = net.Pad(signal, [0, 0, missing // 2, 0, 0, 0, missing - missing // 2, 0])
    real, imaginary = transformed(net, signal, weights, step, length)
    return as_sequence(net, _shown(net, real, imaginary, mode, length, epsilon))


def _shown(net: Net, real: Value, imaginary: Value, mode: str, length: int, epsilon: float) -> Value:
    """The part of the transform, or the function of both parts, that *mode* names."""
    if mode == "real":
        return real
    if mode == "imag":
        return imaginary
    if mode == "stft":
        return net.Concat(real, imaginary, axis=1)
    if mode == "angle":
        return _angle(net, real, imaginary)
    power = real * real + imaginary * imaginary
    if mode == "psd":
        # All frequencies but the first, and the last one of an even length, stand for their mirror images too.
        twice = np.full([length // 2 + 1, 1, 1], 2.0, "float32")
        twice[0] = twice[(length + 1) // 2 :] = 1
        return power * net.constant(twice)
    power = net.Max(power, epsilon)
    return net.Sqrt(power) if mode == "magnitude" else net.Log(power) * 0.5


def _angle(net: Net, real: Value, imaginary: Value) -> Value:
    """The angle of a complex number, from -pi to pi, 0 of 0: ONNX has no operator for it."""
    upright = net.Equal(real, 0.0)
    slope = net.Atan(imaginary / net.Where(upright, 1.0, real))
    above = net.Where(net.Less(imaginary, 0.0), -1.0, 1.0)
    left = net.Where(net.Less(real, 0.0), slope + above * np.pi, slope)
    return net.Where(upright, net.Sign(imaginary) * (np.pi / 2), left)
