"""The short-time Fourier transform, as a convolution."""

from collections.abc import Sequence

import numpy as np

from declnet import Net, Value

# The terms of windows that are sums of cosines (Harris 1978, "On the use of windows for harmonic analysis").
COSINES = {"hann": [0.5, 0.5], "hamming": [0.54, 0.46], "blackman": [0.42, 0.5, 0.08]}


def window_of(name: str | None, length: int, periodic: bool) -> np.ndarray:
    """A window, float64 (length,): symmetric, or *periodic*, the beginning of a symmetric one that is longer by one."""
    last = length if periodic else length - 1
    if name is None or last == 0:
        return np.ones(length)
    turns = 2 * np.pi * np.arange(length) / last
    return sum(factor * (-1) ** k * np.cos(k * turns) for k, factor in enumerate(COSINES[name]))


def signal_of(net: Net, x: Value) -> Value:
    """Signals (N, samples) or (N, samples, channels), of known length, as (N, 1, samples, channels)."""
    shape = list(x.shape)
    if len(shape) not in (2, 3) or not all(isinstance(size, int) for size in shape[1:]):
        raise net.error(
            "the layer takes signals of known length", code="DN1401", allowed="(N, samples) or (N, samples, channels)"
        )
    return net.Unsqueeze(x, [1, 3] if len(shape) == 2 else [1])


def transform_length(net: Net, frame_length: int, fft_length: int | None) -> int:
    """The length of the transforms: *fft_length*, or the least power of two that holds a frame."""
    if fft_length is None:
        return 2 ** (frame_length - 1).bit_length()
    if fft_length < frame_length:
        raise net.error(
            "frames are longer than their transforms",
            property="fft_length",
            found=str(fft_length),
            allowed=f"{frame_length} or more, the frame_length",
        )
    return fft_length


def transformed(net: Net, signal: Value, window: np.ndarray, step: int, length: int) -> Sequence[Value]:
    """The Fourier transforms of windowed frames: a real and an imaginary part (N, length // 2 + 1, frames, channels).

    ONNX Conv, by cosines and sines: any length is exact, and it runs where convolutions run.

    Args:
        signal: (N, 1, samples, channels).
        window: (frame_length,); a frame begins every *step* samples.
        length: of the transforms; frames are padded with zeros at their ends.
    """
    samples, bins = signal.shape[2], length // 2 + 1
    if samples < len(window):
        raise net.error(
            f"the signal has {samples} samples, less than a frame of {len(window)}",
            code="DN1401",
            property="frame_length",
            allowed=f"at most {samples}",
        )
    # A whole number of turns is taken off before the cosine, which loses digits at large angles.
    angles = np.outer(np.arange(bins), np.arange(len(window))) % length * (2 * np.pi / length)
    kernels = np.concatenate([np.cos(angles), -np.sin(angles)]) * window
    kernels = net.constant(kernels[:, None, :, None], "float32")
    return net.Split(net.Conv(signal, kernels, strides=[step, 1]), axis=1, num_outputs=2, outputs=2)


def as_sequence(net: Net, y: Value) -> Value:
    """What each frequency holds, (N, bins, frames, channels), as a sequence (N, frames, channels * bins)."""
    bins, frames, channels = list(y.shape)[1:]
    return net.Reshape(net.Transpose(y, perm=[0, 2, 3, 1]), [0, frames, channels * bins])
