"""Random perspectives."""

from declnet import Net, Value, layer
from declnet_augmentation.grids import places, read
from declnet_augmentation.images import between, chosen, image_sizes


@layer("random_perspective.schema.json")
def random_perspective(net: Net, x: Value, *, rate: float, displacement: float, interpolation: str, fill: str) -> Value:
    """Look at some images askew while training; do nothing afterwards: (N, channels, height, width) to the same shape.

    The corners show points beside those of the image, and what lies between them follows by a projective map
    (Heckbert 1989, "Fundamentals of texture mapping and image warping"). Which points is a function of
    (seed, step, layer). ONNX GridSample.
    """
    _, height, width = image_sizes(net, x)
    if not net.training or rate == 0 or displacement == 0:
        return x
    # The unit square to the quadrilateral of the corners (x_k, y_k): top left, top right, bottom right, bottom left.
    moved = net.Split(
        net.Reshape(between(net, x, -displacement, displacement, 8, 1, 1), [-1, 8]), axis=1, num_outputs=8, outputs=8
    )
    x0, x1, x2, x3 = (place + at for place, at in zip(moved[:4], (0.0, 1.0, 1.0, 0.0)))
    y0, y1, y2, y3 = (place + at for place, at in zip(moved[4:], (0.0, 0.0, 1.0, 1.0)))
    sum_x, sum_y = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    scale = 1.0 / ((x1 - x2) * (y3 - y2) - (x3 - x2) * (y1 - y2))
    g = (sum_x * (y3 - y2) - (x3 - x2) * sum_y) * scale
    h = ((x1 - x2) * sum_y - sum_x * (y1 - y2)) * scale
    u, v = places(net, height, width)
    u, v = u * (1 / width) + 0.5, v * (1 / height) + 0.5
    depth = g * u + h * v + 1.0
    across = ((x1 - x0 + g * x1) * u + (x3 - x0 + h * x3) * v + x0) / depth
    down = ((y1 - y0 + g * y1) * u + (y3 - y0 + h * y3) * v + y0) / depth
    seen = read(
        net, x, (across - 0.5) * float(width), (down - 0.5) * float(height), interpolation=interpolation, fill=fill
    )
    return net.Where(chosen(net, x, rate), seen, x)
