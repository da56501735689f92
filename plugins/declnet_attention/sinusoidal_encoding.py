"""Fixed positional encoding."""

import numpy as np

from declnet import layer
from declnet_attention.scoring import steps


@layer("sinusoidal_encoding.schema.json")
def sinusoidal_encoding(net, x, *, base):
    """Add sines and cosines of the position: (N, steps, features) to the same shape.

    Feature 2i gets sin(t / base^(2i / features)) at step t, and feature 2i + 1 the cosine (Vaswani et al., 2017).
    """
    count, features = steps(net, x), x.shape[-1]
    index = np.arange(features)
    angles = np.arange(count)[:, None] / base ** (2 * (index // 2) / features)
    return x + np.where(index % 2, np.cos(angles), np.sin(angles)).astype(np.float32)
