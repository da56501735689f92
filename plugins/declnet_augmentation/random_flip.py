"""Random flips."""

from declnet import Net, Value, layer
from declnet_augmentation.images import chosen, image_sizes

AXES = {"horizontal": [3], "vertical": [2], "both": [2, 3]}


@layer("random_flip.schema.json")
def random_flip(net: Net, x: Value, *, direction: str) -> Value:
    """Flip half of the images while training; do nothing afterwards: (N, channels, height, width) to the same shape.

    Which ones is a function of (seed, step, layer).
    """
    image_sizes(net, x)
    if net.training:
        for axis in AXES[direction]:
            flipped = net.Slice(x, [-1], [-(2**63) + 1], [axis], [-1])
            x = net.Where(chosen(net, x, 0.5), flipped, x)
    return x
