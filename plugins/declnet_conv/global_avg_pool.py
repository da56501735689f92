"""Global average pooling."""

from declnet import Net, Value, layer
from declnet_conv.pools import spatial_axes


@layer("global_avg_pool.schema.json")
def global_avg_pool(net: Net, x: Value, *, keep_dims: bool) -> Value:
    """Take the mean of each channel: (N, channels, ...) to (N, channels). ONNX ReduceMean."""
    return net.ReduceMean(x, spatial_axes(net, x), keepdims=int(keep_dims))
