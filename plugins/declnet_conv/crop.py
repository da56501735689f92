"""Cropping."""

from declnet import Net, Value, layer
from declnet_conv.windows import Sizes, sides, spatial_sizes

# ONNX's word for "up to the end of the axis".
END = 2**63 - 1


@layer("crop.schema.json")
def crop(net: Net, x: Value, *, cropping: Sizes) -> Value:
    """Cut entries off the ends of the spatial axes: (N, channels, ...) to (N, channels, ...). ONNX Slice."""
    lengths = spatial_sizes(net, x)
    cuts = sides(net, cropping, len(lengths), "cropping")
    before, after = zip(*cuts)
    if any(n is not None and sum(cut) >= n for n, cut in zip(lengths, cuts)):
        raise net.error(
            f"cropping {[*before, *after]} leaves nothing of the spatial axes",
            code="DN1401",
            property="cropping",
            allowed=f"less than {lengths} in all",
        )
    axes = list(range(2, 2 + len(lengths)))
    return net.Slice(x, [*before], [-a if a else END for a in after], axes)
