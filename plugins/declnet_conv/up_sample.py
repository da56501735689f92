"""Upsampling."""

from declnet import Net, Value, layer
from declnet_conv.windows import Sizes, per_axis, spatial_sizes


@layer("up_sample.schema.json")
def up_sample(net: Net, x: Value, *, size: Sizes, interpolation: str) -> Value:
    """Make the spatial axes size times longer: (N, channels, ...) to (N, channels, ...). ONNX Resize.

    Linear interpolation aligns the centres of the pixels, as Keras does, and PyTorch with align_corners=False.
    """
    factors = per_axis(net, size, len(spatial_sizes(net, x)), "size")
    scales = [1.0, 1.0, *map(float, factors)]
    if interpolation == "nearest":
        return net.Resize(
            x, None, scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
        )
    return net.Resize(x, None, scales, mode=interpolation, coordinate_transformation_mode="half_pixel")
