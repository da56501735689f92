"""Fixed positional encoding."""

import numpy as np

from declnet import Net, Value, layer
from declnet_attention.positions import waves
from declnet_attention.scoring import features


@layer("sinusoidal_encoding.schema.json")
def sinusoidal_encoding(net: Net, x: Value, *, base: float) -> Value:
    """Add sines and cosines of the position: (N, steps, features) to the same shape.

    Feature 2i gets sin(t / base^(2i / features)) at step t, and feature 2i + 1 the cosine (Vaswani et al., 2017).
    """
    size = features(net, x)
    index = np.arange(size)
    odd = (index % 2).astype(np.float32)
    sine, cosine = waves(net, x, float(base) ** -(2 * (index // 2) / size))
    return x + (sine * (1 - odd) + cosine * odd)
