"""An activation as a layer."""

from declnet import layer


@layer("activation.schema.json")
def activation(net, x, *, function):
    """Apply an activation: (N, ...) to the same shape."""
    return net.activation(x, function)
