"""Repeat vector."""

from declnet import Net, Value, layer


@layer("repeat_vector.schema.json")
def repeat_vector(net: Net, x: Value, *, times: int) -> Value:
    """Repeat each sample along a new axis: (N, ...) to (N, times, ...). ONNX Expand."""
    return net.Expand(net.Unsqueeze(x, [1]), [1, times] + [1] * (len(x.shape) - 1))
