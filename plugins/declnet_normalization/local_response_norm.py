"""Local response normalization."""

from declnet import Net, Value, layer
from declnet_normalization.axes import channels_of


@layer("local_response_norm.schema.json")
def local_response_norm(net: Net, x: Value, *, size: int, alpha: float, beta: float, bias: float) -> Value:
    """Divide each value by what its neighbouring channels hold at the same place: (N, channels, ...) to the same shape.

    Krizhevsky, Sutskever and Hinton 2012 (AlexNet): x / (bias + alpha * mean of squares over size channels)**beta;
    channels outside count as zeros. ONNX LRN.
    """
    channels_of(net, x, spatial=True)
    if size % 2 == 0:
        raise net.error(
            f"a neighbourhood of {size} channels has no middle",
            property="size",
            allowed=f"an odd number, such as {size - 1} or {size + 1}",
        )
    return net.LRN(x, size=size, alpha=alpha, beta=beta, bias=bias)
