"""Cropping."""

from declnet import layer
from declnet_conv.windows import sides, spatial_sizes

# ONNX's word for "up to the end of the axis".
END = 2**63 - 1


@layer("crop.schema.json")
def crop(net, x, *, cropping):
    """Cut entries off the ends of the spatial axes: (N, channels, ...) to (N, channels, ...). ONNX Slice."""
    lengths = spatial_sizes(net, x)
    before, after = sides(net, cropping, len(lengths), "cropping")
    if any(n is not None and b + a >= n for n, b, a in zip(lengths, before, after)):
        raise net.error(
            f"cropping {[*before, *after]} leaves nothing of the spatial axes",
            code="DN1401",
            property="cropping",
            allowed=f"less than {lengths} in all",
        )
    axes = list(range(2, 2 + len(lengths)))
    return net.Slice(x, before, [-a if a else END for a in after], axes)
