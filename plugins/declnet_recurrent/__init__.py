"""Recurrent layers, over sequences (N, steps, features) or, conv_lstm, (N, steps, channels, ...)."""

from declnet import Component, hookimpl
from declnet_recurrent.conv_lstm import conv_lstm
from declnet_recurrent.gru import gru
from declnet_recurrent.lstm import lstm
from declnet_recurrent.simple_rnn import simple_rnn
from declnet_recurrent.unit_forget_bias import unit_forget_bias


@hookimpl
def declnet_layers() -> list[Component]:
    return [conv_lstm, gru, lstm, simple_rnn]


@hookimpl
def declnet_initializers() -> list[Component]:
    return [unit_forget_bias]
