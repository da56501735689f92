"""Mel spectrograms."""

from math import log, log10

import numpy as np

from declnet import Net, Value, layer
from declnet_audio.transform import as_sequence, signal_of, transform_length, transformed, window_of


@layer("mel_spectrogram.schema.json")
def mel_spectrogram(
    net: Net, x: Value, *, frame_length: int, frame_step: int | None, fft_length: int | None, window: str | None,
    sampling_rate: float, mel_bins: int, min_frequency: float, max_frequency: float | None, power: float,
    decibels: bool, ref_power: float, min_power: float, top_db: float | None,
) -> Value:  # fmt: skip
    """How loud each band of the mel scale is: (N, samples[, channels]) to (N, frames, channels * mel_bins).

    Keras' MelSpectrogram: frames are centred at every frame_step-th sample, the signal being mirrored at its ends.
    Bands are triangles on the mel scale, 2595 log10(1 + f / 700) (O'Shaughnessy 1987; The HTK Book, section 5.4).
    Decibels are cut off below the loudest of the same example, not of the batch. ONNX Conv, by frame_length *
    (fft_length + 2) numbers that are part of the model.
    """
    signal = signal_of(net, x)
    samples = signal.shape[2]
    length = transform_length(net, frame_length, fft_length)
    step = frame_step or max(1, frame_length // 4)
    highest = sampling_rate / 2 if max_frequency is None else max_frequency
    if not min_frequency < highest <= sampling_rate / 2:
        raise net.error(
            "the bands do not lie within the frequencies of the signal",
            property="max_frequency",
            found=f"from {min_frequency} to {highest} Hz",
            allowed=f"up to {sampling_rate / 2} Hz, half of the sampling_rate",
        )
    if samples <= length // 2:
        raise net.error(
            f"a signal of {samples} samples cannot be mirrored by {length // 2}",
            code="DN1401",
            property="fft_length",
            allowed=f"less than {2 * samples}",
        )
    # Within its transform a shorter frame stands in the middle.
    before = (length - frame_length) // 2
    mirrored = net.Pad(signal, [0, 0, length // 2, 0] * 2, mode="reflect")
    frames = net.Slice(mirrored, [before], [samples + length // 2 * 2 - (length - frame_length - before)], [2])
    real, imaginary = transformed(net, frames, window_of(window, frame_length, True), step, length)
    strength = real * real + imaginary * imaginary
    if power != 2:
        # The root of zero has no derivative.
        strength = net.Max(strength, min_power) ** (power / 2)
    bands = mel_bands(length // 2 + 1, mel_bins, sampling_rate, min_frequency, highest)
    y = net.Conv(strength, net.constant(bands[:, :, None, None], "float32"))
    if decibels:
        y = net.Log(net.Max(y, min_power)) * (10 / log(10)) - 10 * log10(max(ref_power, min_power))
        if top_db is not None:
            y = net.Max(y, net.ReduceMax(y, [1, 2, 3], keepdims=1) - float(top_db))
    return as_sequence(net, y)


def mel(frequency: float | np.ndarray) -> np.ndarray:
    """Hertz to mel."""
    return 2595 * np.log10(1 + frequency / 700)


def mel_bands(bins: int, count: int, sampling_rate: float, lowest: float, highest: float) -> np.ndarray:
    """What each of *count* bands takes of each of *bins* frequencies, (count, bins); of zero hertz nothing."""
    places = mel(np.linspace(0, sampling_rate / 2, bins))
    edges = np.linspace(mel(lowest), mel(highest), count + 2)[:, None]
    rising = (places - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - places) / (edges[2:] - edges[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling))
    bands[:, 0] = 0
    return bands
