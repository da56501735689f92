"""Grey values and hues of images (N, 3, height, width)."""

import numpy as np

from declnet import Net, Value

# Of red, green and blue, in what the eye calls brightness: ITU-R BT.601.
LUMA = [0.299, 0.587, 0.114]


def check_colors(net: Net, channels: int, what: str, **place: str) -> None:
    """Refuse images that are not red, green and blue: they have no *what*."""
    if channels != 3:
        raise net.error(
            f"images of {channels} channels have no {what}",
            code="DN1401",
            allowed="images of three channels: red, green, blue",
            **place,
        )


def grey(net: Net, x: Value) -> Value:
    """What the eye calls brightness: (N, 1, height, width)."""
    return net.ReduceSum(x * net.Reshape(LUMA, [1, 3, 1, 1]), [1], keepdims=1)


def rotated_hue(net: Net, x: Value, turn: Value) -> Value:
    """Rotate the hue of *x* by *turn*, as a share of the circle, (N, 1, 1, 1).

    The hexcone model HSV (Smith 1978, "Color gamut transform pairs"). Written with the chroma, the difference between
    the largest and the smallest channel, instead of the saturation: so the range of the values does not matter.
    """
    red, green, blue = net.Split(x, axis=1, num_outputs=3, outputs=3)
    value = net.ReduceMax(x, [1], keepdims=1)
    chroma = value - net.ReduceMin(x, [1], keepdims=1)
    # Grey has no hue: any will do, since it is multiplied by the chroma again.
    unit = net.Where(net.Equal(chroma, 0.0), 1.0, chroma)
    others = net.Where(net.Equal(value, green), (blue - red) / unit + 2.0, (red - green) / unit + 4.0)
    sixths = net.Where(net.Equal(value, red), (green - blue) / unit, others) + turn * 6.0
    place = sixths + net.constant(np.reshape([5.0, 3.0, 1.0], [1, 3, 1, 1]), "float32")
    place = place - net.Floor(place * (1 / 6)) * 6.0
    return value - chroma * net.Clip(net.Min(place, 4.0 - place), 0.0, 1.0)
