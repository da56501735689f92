"""Random elastic deformations."""

from math import ceil

import numpy as np

from declnet import Net, Value, layer
from declnet_augmentation.grids import places, read
from declnet_augmentation.images import between, chosen, image_sizes


@layer("random_elastic_transform.schema.json")
def random_elastic_transform(
    net: Net, x: Value, *, rate: float, alpha: float, sigma: float, interpolation: str, fill: str
) -> Value:
    """Bend some images while training; do nothing afterwards: (N, channels, height, width) to the same shape.

    Simard et al. 2003: each pixel is moved across and down by uniform noise from -1 to 1, which a Gaussian of standard
    deviation sigma has smoothed and alpha multiplied. The noise is a function of (seed, step, layer). ONNX GridSample.
    """
    _, height, width = image_sizes(net, x)
    if not net.training or rate == 0 or alpha == 0:
        return x
    reach = ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype("float32")
    # The noise goes beyond the image, so that the deformation is as strong at its edges as elsewhere.
    field = between(net, x, -alpha, alpha, 2, height + 2 * reach, width + 2 * reach)
    for shape in ([2, 1, -1, 1], [2, 1, 1, -1]):
        field = net.Conv(field, net.constant(np.stack([weights] * 2).reshape(shape)), group=2)
    across, down = (
        net.Reshape(part, [-1, height * width]) for part in net.Split(field, axis=1, num_outputs=2, outputs=2)
    )
    u, v = places(net, height, width)
    bent = read(net, x, u + across, v + down, interpolation=interpolation, fill=fill)
    return net.Where(chosen(net, x, rate), bent, x)
