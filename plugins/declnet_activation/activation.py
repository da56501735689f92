"""An activation as a layer."""

from declnet import Choice, Net, Value, layer


@layer("activation.schema.json")
def activation(net: Net, x: Value, *, function: Choice) -> Value:
    """Apply an activation: (N, ...) to the same shape."""
    return net.activation(x, function)
