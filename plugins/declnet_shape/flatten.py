"""Flatten."""

from declnet import Net, Value, layer


@layer("flatten.schema.json")
def flatten(net: Net, x: Value) -> Value:
    """Bring all values of a sample onto one axis: (N, ...) to (N, features). ONNX Flatten."""
    return x if len(x.shape) == 2 else net.Flatten(x, axis=1)
