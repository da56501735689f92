"""What layers that change images share: the check that they are images, and numbers drawn for each of them."""

from collections.abc import Sequence

from declnet import Net, Value


def image_sizes(net: Net, x: Value) -> list[int]:
    """The channels, height and width of the images *x*, which must be known."""
    sizes = list(x.shape)[1:]
    if len(sizes) != 3 or not all(isinstance(size, int) for size in sizes):
        raise net.error("the layer takes images of known size", code="DN1401", allowed="(N, channels, height, width)")
    return sizes


def bounds(net: Net, value_range: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest value that pixels take, of a property that gives both."""
    low, high = map(float, value_range)
    if low >= high:
        raise net.error("the least value is not below the greatest", property="value_range", found=str(value_range))
    return low, high


def per_image(net: Net, x: Value, *shape: int) -> Value:
    """Uniform numbers from 0 to 1 for each image: (N, *shape); without a shape one each, (N, 1, 1, 1)."""
    one = net.Slice(x, [0, 0, 0], [1, 1, 1], [1, 2, 3])
    return net.random.uniform(net.Expand(one, [1, *shape]) if shape else one)


def between(net: Net, x: Value, low: float, high: float, *shape: int) -> Value:
    """Uniform numbers from *low* to *high* for each image: (N, *shape), or (N, 1, 1, 1)."""
    return per_image(net, x, *shape) * float(high - low) + float(low)


def chosen(net: Net, x: Value, rate: float) -> Value:
    """Whether an image is one of the share *rate* that is changed: bool (N, 1, 1, 1)."""
    return net.Less(per_image(net, x), float(rate))
