"""Random changes of colour."""

from declnet import Net, Value, layer
from declnet_augmentation.colors import check_colors, grey, rotated_hue
from declnet_augmentation.images import between, image_sizes


@layer("color_jitter.schema.json")
def color_jitter(net: Net, x: Value, *, brightness: float, contrast: float, saturation: float, hue: float) -> Value:
    """Change brightness, contrast, saturation and hue of images while training: (N, channels, height, width).

    In this order, each by an amount that is a function of (seed, step, layer); nothing afterwards. Values are not cut
    off, so it may stand behind standardize as well as before it. The hue is that of HSV (Smith 1978).
    """
    channels = image_sizes(net, x)[0]
    for name, amount in (("saturation", saturation), ("hue", hue)):
        if amount:
            check_colors(net, channels, name, property=name)
    if not net.training:
        return x
    if brightness:
        x = x * between(net, x, 1 - brightness, 1 + brightness)
    if contrast:
        mean = net.ReduceMean(x, [1, 2, 3], keepdims=1)
        x = mean + (x - mean) * between(net, x, 1 - contrast, 1 + contrast)
    if saturation:
        dull = grey(net, x)
        x = dull + (x - dull) * between(net, x, 1 - saturation, 1 + saturation)
    if hue:
        x = rotated_hue(net, x, between(net, x, -hue, hue))
    return x
