"""Depth to space."""

from declnet import Net, Value, layer
from declnet_conv.windows import image_sizes


@layer("depth_to_space.schema.json")
def depth_to_space(net: Net, x: Value, *, block_size: int, mode: str) -> Value:
    """Bring channels onto blocks of pixels: (N, C * b**2, H, W) to (N, C, H * b, W * b) for blocks of size b.

    ONNX DepthToSpace; as the sub-pixel convolution of Shi et al. 2016 needs it.
    """
    channels = image_sizes(net, x)[0]
    if channels % block_size**2:
        raise net.error(
            f"blocks of {block_size} x {block_size} pixels do not divide {channels} channels",
            code="DN1401",
            property="block_size",
            allowed=f"a number whose square divides {channels}",
        )
    return net.DepthToSpace(x, blocksize=block_size, mode=mode)
