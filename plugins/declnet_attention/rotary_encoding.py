"""Rotary positional encoding."""

import numpy as np

from declnet import Net, Value, layer
from declnet_attention.positions import waves
from declnet_attention.scoring import features


@layer("rotary_encoding.schema.json")
def rotary_encoding(net: Net, x: Value, *, heads: int, base: float) -> Value:
    """Turn pairs of features by angles that grow with the position: (N, steps, features) to the same shape.

    In each head of size d, features i and i + d/2 are turned by t base^(-2i/d) at step t, so that the product of a
    query and a key depends on their distance (Su et al., 2021; halves as in GPT-NeoX, and as ONNX's RotaryEmbedding
    with interleaved = 0). For queries and keys: multi_head_attention applies it to both with "rotary": true.
    """
    size = features(net, x)
    if size % (2 * heads):
        raise net.error(
            f"{heads} heads of an even size do not make up {size} features",
            property="heads",
            found=f"{heads} heads, {size} features",
            allowed="a number whose double divides the number of features",
        )
    half = size // heads // 2
    sin, cos = waves(net, x, float(base) ** (-np.arange(half)[None] / half))
    first, second = net.Split(net.Reshape(x, [0, 0, heads, 2 * half]), axis=-1, num_outputs=2, outputs=2)
    turned = net.Concat(first * cos - second * sin, second * cos + first * sin, axis=-1)
    return net.Reshape(turned, [0, 0, size])
