"""Random changes of colour."""

from declnet import layer
from declnet_dropout.images import between, image_sizes

# Of red, green and blue, in what the eye calls brightness: ITU-R BT.601.
LUMA = [0.299, 0.587, 0.114]


@layer("color_jitter.schema.json")
def color_jitter(net, x, *, brightness, contrast, saturation):
    """Change brightness, contrast and saturation of images while training: (N, channels, height, width).

    In this order, each by a factor that is a function of (seed, step, layer); nothing afterwards. Values are not cut
    off, so it may stand behind standardize as well as before it.
    """
    channels = image_sizes(net, x)[0]
    if saturation and channels != 3:
        raise net.error(
            f"images of {channels} channels have no saturation",
            code="DN1401",
            property="saturation",
            allowed="0, or images of three channels: red, green, blue",
        )
    if not net.training:
        return x
    if brightness:
        x = x * between(net, x, 1 - brightness, 1 + brightness)
    if contrast:
        mean = net.ReduceMean(x, [1, 2, 3], keepdims=1)
        x = mean + (x - mean) * between(net, x, 1 - contrast, 1 + contrast)
    if saturation:
        grey = net.ReduceSum(x * net.Reshape(LUMA, [1, 3, 1, 1]), [1], keepdims=1)
        x = grey + (x - grey) * between(net, x, 1 - saturation, 1 + saturation)
    return x
