"""Resizing."""

from declnet import Net, Value, layer
from declnet_conv.pools import spatial_axes
from declnet_conv.windows import Sizes, per_axis


@layer("resize.schema.json")
def resize(net: Net, x: Value, *, size: Sizes, interpolation: str) -> Value:
    """Bring the spatial axes to a size: (N, channels, ...) to (N, channels, ...). ONNX Resize.

    The centres of the pixels are aligned, as in Keras, and in PyTorch with align_corners=False and "nearest-exact".
    Nothing is smoothed before it is made smaller.
    """
    axes = spatial_axes(net, x)
    return net.Resize(
        x,
        None,
        None,
        per_axis(net, size, len(axes), "size"),
        axes=axes,
        mode=interpolation,
        coordinate_transformation_mode="half_pixel",
        nearest_mode="round_prefer_ceil" if interpolation == "nearest" else None,
    )
