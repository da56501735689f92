"""Space to depth."""

from declnet import Net, Value, layer
from declnet_conv.windows import image_sizes


@layer("space_to_depth.schema.json")
def space_to_depth(net: Net, x: Value, *, block_size: int, mode: str) -> Value:
    """Bring each block of pixels onto the channels: (N, C, H, W) to (N, C * b**2, H / b, W / b) for blocks of size b.

    ONNX SpaceToDepth, which knows the channel order DCR only; the inverse of depth_to_space.
    """
    channels, *sizes = image_sizes(net, x)
    if any(size is not None and size % block_size for size in sizes):
        raise net.error(
            f"blocks of {block_size} do not divide an image of {sizes[0]} x {sizes[1]}",
            code="DN1401",
            property="block_size",
        )
    y = net.SpaceToDepth(x, blocksize=block_size)
    if mode == "DCR":
        return y
    by_place = net.Reshape(y, [0, block_size**2, channels, -1])
    by_channel = net.Transpose(by_place, perm=[0, 2, 1, 3])
    return net.Reshape(by_channel, net.graph.shape_of(y))
