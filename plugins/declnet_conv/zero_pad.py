"""Zero padding."""

from declnet import layer
from declnet_conv.windows import sides, spatial_sizes


@layer("zero_pad.schema.json")
def zero_pad(net, x, *, padding):
    """Put zeros around the spatial axes: (N, channels, ...) to (N, channels, ...). ONNX Pad."""
    before, after = sides(net, padding, len(spatial_sizes(net, x)), "padding")
    return net.Pad(x, [0, 0, *before, 0, 0, *after])
