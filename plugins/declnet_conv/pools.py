"""What the pools share: windows with their strides and the limit of their padding, and windows that adapt."""

from collections.abc import Callable
from typing import Any

from declnet import Net, Value
from declnet_conv.windows import Padding, Sizes, attributes, per_axis, spatial_sizes, window


def pool(net: Net, x: Value, *, size: Sizes, stride: Sizes | None, padding: Padding) -> dict[str, Any]:
    """The ONNX attributes of a pool; a window that holds nothing but padding is refused."""
    axes = window(net, x, kernel=size, stride=size if stride is None else stride, padding=padding, name="size")
    found = attributes(axes)
    if any(max(axis.before, axis.after) >= axis.kernel for axis in axes):
        raise net.error(
            f"the padding {found['pads']} must be smaller than the window {found['kernel_shape']} on every side",
            property="padding",
        )
    return found


def spatial_axes(net: Net, x: Value) -> list[int]:
    """The indices of the spatial axes of *x*."""
    return list(range(2, 2 + len(spatial_sizes(net, x))))


def adaptive_pool(
    net: Net, x: Value, size: Sizes, *, pool: Callable[..., Value], reduce: Callable[..., Value]
) -> Value:
    """Pool so that the spatial axes get *size*: by *pool* where windows are alike, else by *reduce* axis by axis.

    Mean and maximum over a box are those over its axes, one after the other.
    """
    lengths = spatial_sizes(net, x)
    sizes = per_axis(net, size, len(lengths), "size")
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        if set(sizes) == {1}:
            return reduce(x, spatial_axes(net, x), keepdims=1)
        raise net.error(
            "adaptive pooling to more than one entry needs spatial sizes that are known",
            code="DN1401",
            property="size",
            allowed="1",
        )
    if any(m > n for m, n in zip(sizes, known)):
        raise net.error(
            f"{known} entries cannot be pooled to {sizes}",
            code="DN1401",
            property="size",
            allowed="sizes up to those of the input",
        )
    if all(n % m == 0 for n, m in zip(known, sizes)):
        kernel = [n // m for n, m in zip(known, sizes)]
        return pool(x, kernel_shape=kernel, strides=kernel)
    for axis, (n, m) in enumerate(zip(known, sizes), start=2):
        # From floor(i n / m) to ceil((i + 1) n / m): neighbouring windows may share an entry.
        parts = [net.Slice(x, [i * n // m], [-(-(i + 1) * n // m)], [axis]) for i in range(m)]
        reduced = [reduce(part, [axis], keepdims=1) for part in parts]
        x = net.Concat(*reduced, axis=axis) if m > 1 else reduced[0]
    return x
