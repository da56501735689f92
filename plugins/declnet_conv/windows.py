"""What convolutions and pools share: a window that slides over the spatial axes, and the checks on it.

Sizes, strides and dilations are one integer for all spatial axes or a list with one for each. Padding is "valid"
(none), "same", one integer for all sides, or a list: one number per axis for both its sides, or all numbers
before the axes and then all numbers after them, as ONNX orders them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from declnet import Net, Value

Sizes = int | Sequence[int]
Padding = str | Sizes


@dataclass(frozen=True)
class Axis:
    """A window along one spatial axis.

    ``length`` is the size of the axis, None where it is not known before the model runs; ``before`` and ``after`` are
    the zeros at its ends.
    """

    length: int | None
    kernel: int
    stride: int
    dilation: int
    before: int = 0
    after: int = 0

    @property
    def reach(self) -> int:
        """How many entries the window spans."""
        return (self.kernel - 1) * self.dilation + 1

    def padded(self, total: int) -> Axis:
        """With *total* zeros, as many before the axis as after it, or one fewer."""
        return replace(self, before=total // 2, after=total - total // 2)


def spatial_sizes(net: Net, x: Value) -> list[int | None]:
    """The sizes of the axes after batch and channels; None where a size is not known before the model runs."""
    sizes = list(x.shape)[2:]
    if not 1 <= len(sizes) <= 3:
        raise net.error(
            "the layer slides over one to three spatial axes",
            code="DN1401",
            allowed="(N, channels, length), (N, channels, height, width) or (N, channels, depth, height, width)",
            hint="use reshape to give a sample an axis of channels and its spatial axes",
        )
    return [size if isinstance(size, int) else None for size in sizes]


def channels_of(net: Net, x: Value) -> int:
    """The number of channels of *x*: the size of axis 1."""
    spatial_sizes(net, x)
    if not isinstance(x.shape[1], int):
        raise net.error("a convolution needs a known number of channels")
    return x.shape[1]


def image_sizes(net: Net, x: Value) -> list:
    """The channels, height and width of images; the last two None where they are not known before the model runs."""
    if len(x.shape) != 4:
        raise net.error("the layer takes images", code="DN1401", allowed="(N, channels, height, width)")
    return [channels_of(net, x), *spatial_sizes(net, x)]


def axes_of(
    net: Net, x: Value, *, kernel: Sizes, stride: Sizes, dilation: Sizes = 1, name: str = "kernel"
) -> list[Axis]:
    """A window over *x*, without padding; *name* is the property that holds *kernel*."""
    lengths = spatial_sizes(net, x)
    kernels = per_axis(net, kernel, len(lengths), name)
    strides = per_axis(net, stride, len(lengths), "stride")
    dilations = per_axis(net, dilation, len(lengths), "dilation")
    return [Axis(length=n, kernel=k, stride=s, dilation=d) for n, k, s, d in zip(lengths, kernels, strides, dilations)]


def with_padding(net: Net, axes: Sequence[Axis], padding: Padding) -> list[Axis]:
    """A window with *padding*: "valid", none, or in numbers."""
    ends = sides(net, 0 if isinstance(padding, str) else padding, len(axes), "padding")
    return [replace(axis, before=before, after=after) for axis, (before, after) in zip(axes, ends)]


def window(
    net: Net,
    x: Value,
    *,
    kernel: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes = 1,
    name: str = "kernel",
) -> list[Axis]:
    """A window that fits into the padded *x*; *name* is the property that holds *kernel*, errors point at it."""
    axes = axes_of(net, x, kernel=kernel, stride=stride, dilation=dilation, name=name)
    axes = [_same(net, axis) for axis in axes] if padding == "same" else with_padding(net, axes, padding)
    reach = [axis.reach for axis in axes]
    lengths = [None if axis.length is None else axis.length + axis.before + axis.after for axis in axes]
    if any(n is not None and r > n for r, n in zip(reach, lengths)):
        raise net.error(
            f"the window spans {reach}, more than the input padded to {lengths}",
            code="DN1401",
            property=name,
            hint='make the window smaller, or use padding "same"',
        )
    return axes


def attributes(axes: Sequence[Axis]) -> dict[str, Any]:
    """The ONNX attributes of a window: kernel_shape, strides, pads, and dilations where they are not 1."""
    found = {
        "kernel_shape": [axis.kernel for axis in axes],
        "strides": [axis.stride for axis in axes],
        "pads": [axis.before for axis in axes] + [axis.after for axis in axes],
    }
    dilations = [axis.dilation for axis in axes]
    return found if set(dilations) == {1} else {**found, "dilations": dilations}


def per_axis(net: Net, value: Sizes, axes: int, name: str) -> Sequence[int]:
    """*value* as a list with one entry for each of the spatial *axes*."""
    if isinstance(value, int):
        return [value] * axes
    if len(value) != axes:
        raise net.error(
            f"{name} {value} does not fit the number of spatial axes",
            property=name,
            allowed=f"one integer, or a list of {axes}",
        )
    return value


def sides(net: Net, value: Sizes, axes: int, name: str) -> list[tuple[int, int]]:
    """*value* as two numbers for each of the spatial *axes*: before it, and after it."""
    if isinstance(value, int):
        return [(value, value)] * axes
    if len(value) not in (axes, 2 * axes):
        raise net.error(
            f"{name} {value} does not fit the number of spatial axes",
            property=name,
            allowed=f"one integer, or a list of {axes} or {2 * axes}",
        )
    return list(zip(value[:axes], value[-axes:]))


def _same(net: Net, axis: Axis) -> Axis:
    """With the zeros that make the output ceil(length / stride) long: Keras's "same", ONNX's SAME_UPPER."""
    if axis.stride == 1:
        return axis.padded(axis.reach - 1)
    if axis.length is None:
        raise net.error(
            'padding "same" with a stride above 1 needs spatial sizes that are known',
            property="padding",
            hint="give the padding in numbers",
        )
    last = (-(-axis.length // axis.stride) - 1) * axis.stride
    return axis.padded(max(0, last + axis.reach - axis.length))
