"""One-hot encoding."""

from declnet import Net, Value, layer
from declnet_dense.indices import indices


@layer("one_hot.schema.json")
def one_hot(net: Net, x: Value, *, classes: int) -> Value:
    """Give each index a vector with a one at its place: integers (N, ...) to (N, ..., classes). ONNX OneHot."""
    return net.OneHot(indices(net, x, classes), classes, [0.0, 1.0], axis=-1)
