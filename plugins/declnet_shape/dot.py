"""Dot product."""

from declnet import Net, Value, layer
from declnet_shape.axes import axis_of

# Of a shorter vector than 1e-6 there is no direction.
SHORTEST = 1e-12


@layer("dot.schema.json")
def dot(net: Net, first: Value, second: Value, *, axes: int | list[int], normalize: bool) -> Value:
    """Multiply two inputs and sum over one axis of each, sample by sample.

    (N, k) and (N, k) give (N, 1); (N, a, k) and (N, b, k) give (N, a, b); (N, a, k) and (N, k) give (N, a). ONNX
    MatMul.
    """
    pair = [axes, axes] if isinstance(axes, int) else axes
    left, right = (_vectors_last(net, x, axis, normalize) for x, axis in zip((first, second), pair))
    if isinstance(left.shape[2], int) and isinstance(right.shape[2], int) and left.shape[2] != right.shape[2]:
        raise net.error(
            "the two axes differ in size", code="DN1401", property="axes", found=f"{left.shape[2]} and {right.shape[2]}"
        )
    y = left @ net.Transpose(right, perm=[0, 2, 1])
    alone = [axis for axis, x in ((1, first), (2, second)) if len(x.shape) == 2]
    return net.Squeeze(y, alone[:1]) if alone else y


def _vectors_last(net: Net, x: Value, axis: int, normalize: bool) -> Value:
    """*x* as (N, vectors, k), where k is the size of *axis*."""
    if len(x.shape) not in (2, 3):
        raise net.error(
            "dot takes two or three axes", code="DN1401", allowed="(N, k), (N, vectors, k) or (N, k, vectors)"
        )
    axis = axis_of(net, x, axis, "axes")
    if len(x.shape) == 2:
        x = net.Unsqueeze(x, [1])
    elif axis == 1:
        x = net.Transpose(x, perm=[0, 2, 1])
    return x / net.Sqrt(net.Max(net.ReduceSumSquare(x, [2], keepdims=1), SHORTEST)) if normalize else x
