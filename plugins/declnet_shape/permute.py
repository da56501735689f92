"""Permute."""

from declnet import Net, Value, layer


@layer("permute.schema.json")
def permute(net: Net, x: Value, *, axes: list[int]) -> Value:
    """Put the axes after the batch into another order, as channels-last images need it. ONNX Transpose."""
    expected = list(range(1, len(x.shape)))
    if sorted(axes) != expected:
        raise net.error(
            f"permute must name each axis after the batch once, not {axes}",
            code="DN1401",
            property="axes",
            allowed=f"{expected} in any order",
        )
    return net.Transpose(x, perm=[0, *axes])
