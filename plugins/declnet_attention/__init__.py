"""Attention, encodings of positions, and the blocks of transformers; over sequences (N, steps, features)."""

from declnet import Component, hookimpl
from declnet_attention.additive_attention import additive_attention
from declnet_attention.attention import attention
from declnet_attention.multi_head_attention import multi_head_attention
from declnet_attention.position_embedding import position_embedding
from declnet_attention.rotary_encoding import rotary_encoding
from declnet_attention.sinusoidal_encoding import sinusoidal_encoding
from declnet_attention.transformer_decoder import transformer_decoder
from declnet_attention.transformer_encoder import transformer_encoder


@hookimpl
def declnet_layers() -> list[Component]:
    return [
        additive_attention,
        attention,
        multi_head_attention,
        position_embedding,
        rotary_encoding,
        sinusoidal_encoding,
        transformer_decoder,
        transformer_encoder,
    ]
