"""Images that are read between their pixels: places in them, and ONNX GridSample."""

import numpy as np

from declnet import Net, Value


def places(net: Net, height: int, width: int) -> tuple[Value, Value]:
    """Where each pixel lies, in pixels from the centre of the image: across and down, both (1, height * width)."""
    rows, columns = (np.arange(n, dtype="float32") - (n - 1) / 2 for n in (height, width))
    down, across = (net.constant(each.reshape(1, -1)) for each in np.meshgrid(rows, columns, indexing="ij"))
    return across, down


def read(net: Net, x: Value, across: Value, down: Value, *, interpolation: str, fill: str) -> Value:
    """The images *x* where *across* and *down* say that each pixel comes from, both (N, height * width)."""
    height, width = list(x.shape)[2:]
    # GridSample counts from -1 to 1 between the outer edges of the image.
    grid = net.Concat(net.Unsqueeze(across * (2 / width), [2]), net.Unsqueeze(down * (2 / height), [2]), axis=2)
    grid = net.Reshape(grid, [-1, height, width, 2])
    return net.GridSample(x, grid, mode=interpolation, padding_mode=fill, align_corners=0)
