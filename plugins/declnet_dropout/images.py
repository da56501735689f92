"""What layers that disturb images share: the check that they are images, and numbers drawn for each of them."""


def image_sizes(net, x):
    """The channels, height and width of the images *x*, which must be known."""
    sizes = list(x.shape)[1:]
    if len(sizes) != 3 or not all(isinstance(size, int) for size in sizes):
        raise net.error("the layer takes images of known size", code="DN1401", allowed="(N, channels, height, width)")
    return sizes


def per_image(net, x):
    """A uniform number from 0 to 1 for each image: (N, 1, 1, 1)."""
    return net.random.uniform(net.Slice(x, [0, 0, 0], [1, 1, 1], [1, 2, 3]))


def between(net, x, low, high):
    """A uniform number from *low* to *high* for each image: (N, 1, 1, 1)."""
    return per_image(net, x) * float(high - low) + float(low)
