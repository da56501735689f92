"""Changes of the values of images, against Pillow, scipy and colorsys."""

import colorsys

import numpy as np
import pytest
from declnet_augmentation.auto_contrast import auto_contrast
from declnet_augmentation.color_jitter import color_jitter
from declnet_augmentation.equalize import equalize
from declnet_augmentation.random_blur import random_blur
from declnet_augmentation.random_grayscale import random_grayscale
from declnet_augmentation.random_invert import random_invert
from declnet_augmentation.random_posterize import random_posterize
from declnet_augmentation.random_sharpness import random_sharpness
from declnet_augmentation.random_solarize import random_solarize
from PIL import Image, ImageFilter, ImageOps
from scipy import ndimage

from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

IMAGES = np.random.default_rng(0).random((40, 3, 6, 5)).astype("float32")
BYTES = np.random.default_rng(1).integers(20, 230, (10, 3, 12, 11)).astype("uint8")


def spread_within(values, bound):
    """Assert that *values* lie between plus and minus *bound*, and use that range."""
    assert np.abs(values).max() <= bound * (1 + 1e-4)
    assert values.max() > bound / 2
    assert values.min() < -bound / 2


def by_pillow(operation, images=BYTES):
    """Images (N, 3, height, width) of bytes after an operation on Pillow's images; float64."""
    done = [np.asarray(operation(Image.fromarray(image.transpose(1, 2, 0)))) for image in images]
    return np.stack(done).transpose(0, 3, 1, 2).astype("float64")


def in_range(layer, properties, value_range, images=BYTES):
    """What a layer makes of bytes that were scaled to *value_range*, as bytes again."""
    low, high = value_range
    scaled = (images / np.float32(255) * (high - low) + low).astype("float32")
    [y], _ = run_layer(layer, {**properties, "value_range": value_range}, [scaled], training=True)
    return (y.astype("float64") - low) / (high - low) * 255


def test_brightness():
    """All values of an image grow by one factor."""
    [y], _ = run_layer(color_jitter, {"brightness": 0.4}, [IMAGES], training=True)

    factors = y / IMAGES
    np.testing.assert_allclose(factors[:, :1, :1, :1] * np.ones_like(y), factors, rtol=1e-4)
    spread_within(factors[:, 0, 0, 0] - 1, 0.4)


def test_contrast():
    """The mean of an image stays; distances from it grow by one factor."""
    [y], _ = run_layer(color_jitter, {"contrast": 0.4}, [IMAGES], training=True)

    mean = IMAGES.mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(mean, y.mean((1, 2, 3), keepdims=True), rtol=1e-4)
    spread_within(y.std((1, 2, 3)) / IMAGES.std((1, 2, 3)) - 1, 0.4)


def test_saturation():
    """What the eye calls brightness stays; distances from the grey image grow by one factor."""
    [y], _ = run_layer(color_jitter, {"saturation": 0.4}, [IMAGES], training=True)

    grey, after = (np.einsum("nchw,c->nhw", z, [0.299, 0.587, 0.114]) for z in (IMAGES, y))
    np.testing.assert_allclose(grey, after, atol=1e-5)
    apart = [np.linalg.norm((z - grey[:, None]).reshape(40, -1), axis=1) for z in (IMAGES, y)]
    spread_within(apart[1] / apart[0] - 1, 0.4)


def hsv(images):
    """Hue, saturation and value of each pixel, by colorsys: (N, 3, pixels)."""
    pixels = images.reshape(len(images), 3, -1).transpose(0, 2, 1).astype("float64")
    return np.array([[colorsys.rgb_to_hsv(*pixel) for pixel in image] for image in pixels]).transpose(0, 2, 1)


def test_hue():
    """The hue of an image is rotated by one angle; saturation and value stay."""
    [y], _ = run_layer(color_jitter, {"hue": 0.3}, [IMAGES], training=True)

    before, after = hsv(IMAGES), hsv(y)
    np.testing.assert_allclose(before[:, 1:], after[:, 1:], atol=1e-4)
    turns = (after[:, 0] - before[:, 0] - (after - before)[:, 0, :1] + 0.5) % 1 - 0.5
    np.testing.assert_allclose(0, turns, atol=1e-3)
    spread_within(((after - before)[:, 0, 0] + 0.5) % 1 - 0.5, 0.3)


def test_hue_of_any_range():
    """Whether images are scaled and shifted before or after their hue is changed is the same."""
    [first], _ = run_layer(color_jitter, {"hue": 0.5}, [IMAGES * 4 - 3], training=True)
    [last], _ = run_layer(color_jitter, {"hue": 0.5}, [IMAGES], training=True)

    np.testing.assert_allclose(last * 4 - 3, first, atol=1e-4)


def test_grey_has_no_hue():
    """A grey image stays."""
    grey = np.repeat(IMAGES[:, :1], 3, axis=1)

    [y], _ = run_layer(color_jitter, {"hue": 0.5}, [grey], training=True)

    np.testing.assert_array_equal(grey, y)


def test_grayscale():
    """Pillow's grey, which is rounded."""
    y = run_layer(random_grayscale, {"rate": 1}, [BYTES.astype("float32")], training=True)[0][0]

    expected = by_pillow(lambda image: image.convert("L").convert("RGB"))
    assert np.abs(expected - y).max() < 1


@pytest.mark.parametrize("value_range", [[0, 1], [0, 255], [-1, 1]])
class TestValueRange:
    """Images in any range are treated as bytes would be."""

    def test_invert(self, value_range):
        """Pillow's negative."""
        y = in_range(random_invert, {"rate": 1}, value_range)

        np.testing.assert_allclose(by_pillow(ImageOps.invert), y, atol=1e-3)

    @pytest.mark.parametrize("bits", [1, 3, 7, 8])
    def test_posterize(self, value_range, bits):
        """Pillow's posterization."""
        y = in_range(random_posterize, {"rate": 1, "bits": bits}, value_range)

        np.testing.assert_allclose(by_pillow(lambda image: ImageOps.posterize(image, bits)), y, atol=1e-3)

    def test_solarize(self, value_range):
        """Pillow's solarization, from a threshold between two bytes."""
        y = in_range(random_solarize, {"rate": 1, "threshold": [100.5 / 255, 100.5 / 255]}, value_range)

        np.testing.assert_allclose(by_pillow(lambda image: ImageOps.solarize(image, 101)), y, atol=1e-3)

    def test_auto_contrast(self, value_range):
        """Pillow's automatic contrast, which is rounded."""
        y = in_range(auto_contrast, {}, value_range)

        assert np.abs(by_pillow(ImageOps.autocontrast) - y).max() < 1.001
        np.testing.assert_allclose(0, y.min((2, 3)), atol=1e-3)
        np.testing.assert_allclose(255, y.max((2, 3)), atol=1e-3)

    def test_equalize(self, value_range):
        """A value becomes the share of the pixels that are not above it, without the darkest: by sorting."""
        y = in_range(equalize, {}, value_range)

        for channel, found in zip(BYTES.reshape(-1, 132), y.reshape(-1, 132)):
            darkest = np.sum(channel == channel.min())
            below = np.searchsorted(np.sort(channel), channel, side="right")
            np.testing.assert_allclose((below - darkest) / (132 - darkest) * 255, found, atol=1e-2)


def test_solarize_draws_thresholds():
    """Each image has a threshold of its own."""
    ramp = np.broadcast_to(np.linspace(0, 1, 1001, dtype="float32"), (40, 1, 1, 1001)).copy()

    [y], _ = run_layer(
        random_solarize, {"rate": 1, "threshold": [0.2, 0.6], "value_range": [0, 1]}, [ramp], training=True
    )

    inverted = np.abs(y - (1 - ramp)) < np.abs(y - ramp)
    spread_within(inverted[:, 0, 0, :500].argmax(1)[inverted[:, 0, 0, :500].any(1)] / 1000 - 0.35, 0.15)


@pytest.mark.parametrize("bins", [2, 4])
def test_equalize_in_few_bins(bins):
    """Values of one bin stay together."""
    [y], _ = run_layer(equalize, {"bins": bins, "value_range": [0, 1]}, [IMAGES])

    for channel, found in zip(IMAGES.reshape(-1, 30), y.reshape(-1, 30)):
        level = np.round(channel * (bins - 1))
        darkest = np.sum(level == level.min())
        expected = [(np.sum(level <= each) - darkest) / (30 - darkest) for each in level]
        np.testing.assert_allclose(expected, found, atol=1e-5)


@pytest.mark.parametrize("layer", [auto_contrast, equalize])
def test_one_value_stays(layer):
    """A channel of one value has no contrast; in training and afterwards."""
    plain = np.full((2, 1, 3, 3), 0.3, "float32")

    for training in (False, True):
        [y], _ = run_layer(layer, {"value_range": [0, 1]}, [plain], training=training)

        np.testing.assert_array_equal(plain, y)


@pytest.mark.parametrize("layer", [auto_contrast, equalize])
def test_histogram_shapes_and_gradients(layer):
    """The shape stays; gradients flow through the contrast, and none through the histogram."""
    check_layer(layer, {"value_range": [0, 1]}, inputs=[("N", 2, 4, 5)], output=("N", 2, 4, 5))


@pytest.mark.parametrize("sigma", [0.3, 1.3, 4])
def test_blur(sigma):
    """scipy's Gaussian, not cut off, divided by what of it lies within the image."""
    [y], _ = run_layer(random_blur, {"rate": 1, "sigma": [sigma, sigma]}, [IMAGES], training=True)

    def smoothed(images):
        how = {"sigma": (0, 0, sigma, sigma), "mode": "constant", "truncate": 40}
        return ndimage.gaussian_filter(images.astype("float64"), **how)

    np.testing.assert_allclose(smoothed(IMAGES) / smoothed(np.ones_like(IMAGES)), y, atol=1e-5)


def test_blur_draws_deviations():
    """A point becomes a Gaussian, of each image another."""
    points = np.zeros((40, 1, 41, 41), "float32")
    points[:, :, 20, 20] = 1

    [y], _ = run_layer(random_blur, {"rate": 1, "sigma": [1, 3]}, [points], training=True)

    deviations = np.sqrt((y[:, 0].sum(1) * (np.arange(41) - 20) ** 2).sum(1))
    spread_within(deviations - 2, 1)


def test_sharpness():
    """The distance from what Pillow's filter SMOOTH gives is multiplied by one factor."""
    [y], _ = run_layer(random_sharpness, {"factor": 0.8}, [IMAGES], training=True)

    (_, divisor, _, weights) = ImageFilter.SMOOTH.filterargs
    smooth = ndimage.correlate(IMAGES, np.reshape(weights, [1, 1, 3, 3]) / divisor, mode="nearest")
    detail = IMAGES - smooth
    factors = ((y - smooth) * detail).sum((1, 2, 3)) / (detail**2).sum((1, 2, 3))
    np.testing.assert_allclose(smooth + detail * factors[:, None, None, None], y, atol=1e-5)
    spread_within(factors - 1, 0.8)


@pytest.mark.parametrize(
    ("layer", "properties", "channels", "message"),
    [
        (color_jitter, {"saturation": 0.1}, 1, "images of 1 channels have no saturation"),
        (color_jitter, {"hue": 0.1}, 4, "images of 4 channels have no hue"),
        (random_grayscale, {}, 2, "images of 2 channels have no colours"),
        (random_blur, {"sigma": [2, 1]}, 1, "least standard deviation is above the greatest"),
        (random_invert, {"value_range": [1, 1]}, 1, "least value is not below the greatest"),
        (random_solarize, {"value_range": [0, 1], "threshold": [0.5, 0.2]}, 1, "least threshold is above"),
        (equalize, {"value_range": [1, 0]}, 1, "least value is not below the greatest"),
    ],
)
def test_misfits_are_refused(layer, properties, channels, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros((2, channels, 4, 4), "float32")])
