"""Random rotations, shifts, zooms and shears."""

from math import pi

from declnet import Net, Value, layer
from declnet_augmentation.grids import places, read
from declnet_augmentation.images import between, image_sizes


@layer("random_affine.schema.json")
def random_affine(
    net: Net, x: Value, *, rotation: float, translation: float | list[float], zoom: float, shear: float,
    interpolation: str, fill: str,
) -> Value:  # fmt: skip
    """Rotate, shift, zoom and shear each image while training: (N, channels, height, width) to the same shape.

    About its centre, by amounts that are a function of (seed, step, layer); nothing afterwards. ONNX GridSample.
    """
    _, height, width = image_sizes(net, x)
    down, across = [translation] * 2 if isinstance(translation, int | float) else translation
    if not net.training or not any((rotation, down, across, zoom, shear)):
        return x

    def drawn(greatest: float) -> Value:
        return net.Reshape(between(net, x, -greatest, greatest), [-1, 1])

    # Where in the input each pixel of the output lies.
    u, v = places(net, height, width)
    angle = drawn(rotation * pi / 180)
    scale = 1.0 / (1.0 + drawn(zoom))
    u, v = scale * (net.Cos(angle) * u + net.Sin(angle) * v), scale * (net.Cos(angle) * v - net.Sin(angle) * u)
    u = u - net.Tan(drawn(shear * pi / 180)) * v
    u, v = u - drawn(across * width), v - drawn(down * height)
    return read(net, x, u, v, interpolation=interpolation, fill=fill)
