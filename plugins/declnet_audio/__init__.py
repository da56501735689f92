"""Layers that turn sound into pictures of its frequencies."""

from declnet import Component, hookimpl
from declnet_audio.mel_spectrogram import mel_spectrogram
from declnet_audio.stft_spectrogram import stft_spectrogram


@hookimpl
def declnet_layers() -> list[Component]:
    return [mel_spectrogram, stft_spectrogram]
