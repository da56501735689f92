"""Random rotations, shifts, zooms and shears."""

from math import pi

import numpy as np

from declnet import layer
from declnet_dropout.images import between, image_sizes


@layer("random_affine.schema.json")
def random_affine(net, x, *, rotation, translation, zoom, shear, interpolation, fill):
    """Rotate, shift, zoom and shear each image while training: (N, channels, height, width) to the same shape.

    About its centre, by amounts that are a function of (seed, step, layer); nothing afterwards. ONNX GridSample, so it
    must stand before the first layer with weights: no gradient flows through it.
    """
    _, height, width = image_sizes(net, x)
    down, across = [translation] * 2 if isinstance(translation, int | float) else translation
    if not net.training or not any((rotation, down, across, zoom, shear)):
        return x

    def drawn(greatest):
        return net.Reshape(between(net, x, -greatest, greatest), [-1, 1])

    # Where in the input each pixel of the output lies, in pixels from the centre.
    rows, columns = (np.arange(n, dtype="float32") - (n - 1) / 2 for n in (height, width))
    v, u = (net.constant(each.reshape(1, -1)) for each in np.meshgrid(rows, columns, indexing="ij"))
    angle = drawn(rotation * pi / 180)
    scale = 1.0 / (1.0 + drawn(zoom))
    u, v = scale * (net.Cos(angle) * u + net.Sin(angle) * v), scale * (net.Cos(angle) * v - net.Sin(angle) * u)
    u = u - net.Tan(drawn(shear * pi / 180)) * v
    u, v = u - drawn(across * width), v - drawn(down * height)
    # GridSample counts from -1 to 1 between the outer edges of the image.
    grid = net.Concat(net.Unsqueeze(u * (2 / width), [2]), net.Unsqueeze(v * (2 / height), [2]), axis=2)
    grid = net.Reshape(grid, [-1, height, width, 2])
    return net.GridSample(x, grid, mode=interpolation, padding_mode=fill, align_corners=0)
