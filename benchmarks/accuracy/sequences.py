"""The models of sequences in specs/, in PyTorch.

Recurrent layers begin with the values that the specs ask for: Glorot's for the input, an orthogonal matrix for the
state, and ones for the bias of an LSTM's forget gate.
"""

from __future__ import annotations

import numpy as np
import torch
from baselines import glorot
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

# In evaluation it would write zeros over what stands after a sequence, which the training does not.
torch.backends.mha.set_fastpath_enabled(False)


class Rows(nn.Module):
    """The class of an image whose rows are read one after the other."""

    def __init__(self, kind, layers=1, units=64):
        super().__init__()
        self.recurrent = begin(kind(28, units, layers, batch_first=True))
        self.logits = glorot(nn.Linear(units, 10))

    def forward(self, image):
        return self.logits(self.recurrent(image[:, 0])[0][:, -1])


class RecurrentClassifier(nn.Module):
    """The class of a passage that is read in both directions."""

    def __init__(self, vocabulary=2000, width=64, units=48, classes=8):
        super().__init__()
        self.vectors, self.before, self.after = embedding(vocabulary, width), nn.Dropout(0.3), nn.Dropout(0.5)
        self.recurrent = begin(nn.LSTM(width, units, batch_first=True, bidirectional=True))
        self.logits = glorot(nn.Linear(2 * units, classes))

    def forward(self, words, lengths):
        vectors = self.before(self.vectors(words))
        packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        _, (state, _) = self.recurrent(packed)
        return self.logits(self.after(torch.cat([*state], 1)))


class ConvolutionalClassifier(nn.Module):
    """The class of a passage under filters over three, four and five words."""

    def __init__(self, vocabulary=2000, width=64, filters=48, classes=8):
        super().__init__()
        self.vectors, self.dropout = embedding(vocabulary, width), nn.Dropout(0.5)
        self.convolutions = nn.ModuleList(glorot(nn.Conv1d(width, filters, size)) for size in (3, 4, 5))
        self.logits = glorot(nn.Linear(3 * filters, classes))

    def forward(self, words):
        vectors = self.vectors(words).transpose(1, 2)
        largest = [torch.relu(convolution(vectors)).amax(2) for convolution in self.convolutions]
        return self.logits(self.dropout(torch.cat(largest, 1)))


class TransformerClassifier(nn.Module):
    """The class of a passage: the mean over all places, after two blocks that attend to its words."""

    def __init__(self, vocabulary=2000, width=64, steps=24, classes=8):
        super().__init__()
        self.vectors, self.places = embedding(vocabulary, width), places(steps, width)
        self.blocks = nn.ModuleList(block(width, 128, 0.1) for _ in range(2))
        self.dropout, self.logits = nn.Dropout(0.5), glorot(nn.Linear(width, classes))

    def forward(self, words, lengths):
        x, padding = self.vectors(words) + self.places, torch.arange(words.shape[1]) >= lengths[:, None]
        for each in self.blocks:
            x = each(x, src_key_padding_mask=padding)
        return self.logits(self.dropout(x.mean(1)))


class Tagger(nn.Module):
    """A class for each letter of a text that is read in both directions."""

    def __init__(self, letters=27, width=24, units=64):
        super().__init__()
        self.vectors, self.dropout = embedding(letters, width), nn.Dropout(0.2)
        self.recurrent = begin(nn.LSTM(width, units, batch_first=True, bidirectional=True))
        self.logits = glorot(nn.Linear(2 * units, 2))

    def forward(self, text):
        return self.logits(self.dropout(self.recurrent(self.vectors(text))[0])).transpose(1, 2)


class Transducer(nn.Module):
    """An encoder, and a decoder that attends to it (Bahdanau's score, Luong's place)."""

    def __init__(self, letters=28, width=32, units=96, attention=64):
        super().__init__()
        self.source, self.so_far = embedding(letters, width), embedding(letters, width)
        self.encoder = begin(nn.LSTM(width, units, batch_first=True))
        self.decoder = begin(nn.LSTM(width, units, batch_first=True))
        self.query, self.key = (glorot(nn.Linear(units, attention, bias=False)) for _ in range(2))
        self.score = glorot(nn.Linear(attention, 1, bias=False))
        self.hidden, self.logits = glorot(nn.Linear(2 * units, 96)), glorot(nn.Linear(96, letters))

    def forward(self, source, shifted):
        encoded, state = self.encoder(self.source(source))
        decoded, _ = self.decoder(self.so_far(shifted), state)
        scores = self.score(torch.tanh(self.query(decoded)[:, :, None] + self.key(encoded)[:, None]))[..., 0]
        context = scores.softmax(-1) @ encoded
        return self.logits(torch.tanh(self.hidden(torch.cat([decoded, context], -1)))).transpose(1, 2)


class TinyGPT(nn.Module):
    """Three blocks of a transformer in which a place sees those before it."""

    def __init__(self, vocabulary=97, width=96, steps=64):
        super().__init__()
        self.vectors, self.places = nn.Embedding(vocabulary, width), places(steps, width)
        nn.init.normal_(self.vectors.weight, std=0.02)
        self.blocks = nn.ModuleList(block(width, 4 * width, 0.0, activation="gelu", norm_first=True) for _ in range(3))
        self.norm, self.logits = nn.LayerNorm(width), glorot(nn.Linear(width, vocabulary))
        self.register_buffer("later", torch.ones(steps, steps).triu(1).bool())

    def forward(self, text):
        x = self.vectors(text) + self.places
        for each in self.blocks:
            x = each(x, src_mask=self.later)
        return self.logits(self.norm(x)).transpose(1, 2)


def embedding(vocabulary, width):
    layer = nn.Embedding(vocabulary, width)
    nn.init.uniform_(layer.weight, -0.05, 0.05)
    return layer


def places(steps, width):
    """A vector for each position."""
    return nn.Parameter(torch.randn(steps, width) * 0.02)


def block(width, hidden, dropout, **how):
    """A block of a transformer with four heads."""
    layer = nn.TransformerEncoderLayer(width, 4, hidden, dropout, batch_first=True, **how)
    for part in layer.self_attn.in_proj_weight.chunk(3):
        nn.init.xavier_uniform_(part)
    for dense in (layer.self_attn.out_proj, layer.linear1, layer.linear2):
        glorot(dense)
    return layer


def begin(layer):
    """Set the first values of a recurrent layer."""
    for name, values in layer.named_parameters():
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(values)
        elif name.startswith("weight_hh"):
            nn.init.orthogonal_(values)
        else:
            nn.init.zeros_(values)
            # PyTorch's second bias does what the first one does; declnet and Keras have it in a GRU only.
            values.requires_grad = name.startswith("bias_ih") or isinstance(layer, nn.GRU)
        if name.startswith("bias_ih") and isinstance(layer, nn.LSTM):
            # PyTorch's order of the gates: input, forget, cell, output.
            nn.init.ones_(values.data.chunk(4)[1])
    return layer


def begin_alike(model, weights):
    """Give *model* the values with which declnet's weights begin: of an embedding, LSTM layers, and the logits."""
    kinds = {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih"}
    made = {}
    for name, values in weights.items():
        *path, kind = name.split("/")
        if path[0].startswith("lstm"):
            layer = next((part.removeprefix("layer_") for part in path if part.startswith("layer_")), "0")
            gates = dict(zip("iofc", np.split(values, 4, axis=-1)))
            turned = np.concatenate([gates[gate] for gate in "ifco"], axis=-1).T
            made[f"recurrent.{kinds[kind]}_l{layer}" + "_reverse" * ("backward" in path)] = turned
        elif kind == "embedding":
            made["vectors.weight"] = values
        else:
            made["logits.weight" if kind == "kernel" else "logits.bias"] = values.T
    missing, unknown = model.load_state_dict({k: torch.tensor(v.copy()) for k, v in made.items()}, strict=False)
    assert not unknown and all("bias_hh" in name for name in missing)


MODELS = {
    "rnn": lambda: Rows(nn.RNN),
    "lstm": lambda: Rows(nn.LSTM, layers=2),
    "gru": lambda: Rows(nn.GRU),
    "text_classifier_lstm": RecurrentClassifier,
    "text_classifier_conv": ConvolutionalClassifier,
    "transformer_classifier": TransformerClassifier,
    "bilstm_tagger": Tagger,
    "seq2seq": Transducer,
    "tiny_gpt": TinyGPT,
}
