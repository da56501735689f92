"""Random crops."""

import numpy as np

from declnet import Net, Value, layer
from declnet_augmentation.images import image_sizes, per_image


@layer("random_crop.schema.json")
def random_crop(net: Net, x: Value, *, size: int | list[int]) -> Value:
    """Cut a window out of each image: (N, channels, height, width) to (N, channels, *size).

    At a place that is a function of (seed, step, layer) while training, the centre afterwards.
    """
    channels, *lengths = image_sizes(net, x)
    size = [size] * 2 if isinstance(size, int) else size
    if any(part > length for part, length in zip(size, lengths)):
        raise net.error(
            f"images of {lengths} have no window of {size}",
            code="DN1401",
            property="size",
            allowed=f"at most {lengths}",
            hint="zero_pad before it makes the images larger",
        )
    if not net.training:
        starts = [(length - part) // 2 for length, part in zip(lengths, size)]
        return net.Slice(x, starts, [start + part for start, part in zip(starts, size)], [2, 3])
    for axis, (length, part) in enumerate(zip(lengths, size), 2):
        start = net.Cast(net.Floor(per_image(net, x) * float(length - part + 1)), to=np.dtype("int64"))
        within = np.reshape(np.arange(part), [-1 if k == axis else 1 for k in range(4)])
        others = [channels, size[0] if axis == 3 else 1, lengths[1] if axis == 2 else 1]
        x = net.GatherElements(x, net.Expand(start + net.constant(within), [1, *others]), axis=axis)
    return x
