"""Global max pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import spatial_axes


@layer("global_max_pool.schema.json")
def global_max_pool(net: Net, x: Value, *, keep_dims: bool) -> Value:
    """Take the largest value of each channel: (N, channels, ...) to (N, channels). ONNX ReduceMax."""
    return net.ReduceMax(x, spatial_axes(net, x), keepdims=int(keep_dims))
