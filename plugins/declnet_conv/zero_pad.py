"""Zero padding."""

from declnet import Net, Value, layer
from declnet_conv.windows import Sizes, sides, spatial_sizes


@layer("zero_pad.schema.json")
def zero_pad(net: Net, x: Value, *, padding: Sizes) -> Value:
    """Put zeros around the spatial axes: (N, channels, ...) to (N, channels, ...). ONNX Pad."""
    before, after = zip(*sides(net, padding, len(spatial_sizes(net, x)), "padding"))
    return net.Pad(x, [0, 0, *before, 0, 0, *after])
