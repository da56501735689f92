"""Random changes of images: what all of them hold to, and how they flip, shift, cut and erase."""

import numpy as np
import pytest
from declnet_augmentation.color_jitter import color_jitter
from declnet_augmentation.random_affine import random_affine
from declnet_augmentation.random_blur import random_blur
from declnet_augmentation.random_crop import random_crop
from declnet_augmentation.random_elastic_transform import random_elastic_transform
from declnet_augmentation.random_erasing import random_erasing
from declnet_augmentation.random_flip import random_flip
from declnet_augmentation.random_grayscale import random_grayscale
from declnet_augmentation.random_invert import random_invert
from declnet_augmentation.random_perspective import random_perspective
from declnet_augmentation.random_posterize import random_posterize
from declnet_augmentation.random_sharpness import random_sharpness
from declnet_augmentation.random_solarize import random_solarize

import declnet
from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

IMAGES = np.random.default_rng(0).random((40, 3, 6, 5)).astype("float32")
ROWS, COLUMNS = np.meshgrid(np.arange(21.0) - 10, np.arange(21.0) - 10, indexing="ij")
# Two channels that hold the place of each pixel: what a transformed image shows is where it comes from.
PLACES = np.repeat(np.stack([COLUMNS, ROWS])[None], 30, axis=0).astype("float32")
RATED = [
    (random_blur, {}),
    (random_elastic_transform, {"alpha": 3, "sigma": 1}),
    (random_erasing, {}),
    (random_grayscale, {}),
    (random_invert, {"value_range": [0, 1]}),
    (random_perspective, {}),
    (random_posterize, {"bits": 2, "value_range": [0, 1]}),
    (random_solarize, {"threshold": [0.2, 0.6], "value_range": [0, 1]}),
]
ALL = [
    (random_flip, {"direction": "both"}),
    (random_affine, {"rotation": 30, "translation": 0.2, "zoom": 0.2, "shear": 10}),
    (color_jitter, {"brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.1}),
    (random_sharpness, {"factor": 0.5}),
    *((layer, {"rate": 1, **properties}) for layer, properties in RATED),
]


def sources(**properties):
    """Where the inner pixels of each image come from: (matrices (N, 2, 2), shifts (N, 2)) of a least-squares fit."""
    [y], _ = run_layer(random_affine, properties, [PLACES], training=True)
    inner = (slice(6, 15), slice(6, 15))
    design = np.stack([COLUMNS[inner].ravel(), ROWS[inner].ravel(), np.ones(81)], 1)
    values = y[:, :, *inner].reshape(len(y), 2, 81)
    found = np.linalg.lstsq(design, values.reshape(-1, 81).T, rcond=None)[0].T.reshape(-1, 2, 3)
    np.testing.assert_allclose(found @ design.T, values, atol=1e-3)
    return found[:, :, :2], found[:, :, 2]


def spread_within(values, bound):
    """Assert that *values* lie between plus and minus *bound*, and use that range."""
    assert np.abs(values).max() <= bound * (1 + 1e-4)
    assert values.max() > bound / 2
    assert values.min() < -bound / 2


@pytest.mark.parametrize(("layer", "properties"), ALL)
def test_inference_changes_nothing(layer, properties):
    """A served model sees its images as they are."""
    [y], _ = run_layer(layer, properties, [IMAGES])

    np.testing.assert_array_equal(IMAGES, y)


@pytest.mark.parametrize(("layer", "properties"), ALL)
def test_repeatable(layer, properties):
    """The same seed and step give the same images."""
    first, second = (run_layer(layer, properties, [IMAGES], training=True)[0][0] for _ in range(2))

    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(IMAGES, first)


@pytest.mark.parametrize(("layer", "properties"), RATED)
def test_rate(layer, properties):
    """The given share of the images is changed; the others are passed on bit by bit."""
    images = np.random.default_rng(1).random((400, 3, 5, 4)).astype("float32")

    [y], _ = run_layer(layer, {**properties, "rate": 0.25}, [images], training=True)
    [same], _ = run_layer(layer, {**properties, "rate": 0}, [images], training=True)

    assert abs(0.25 - (y != images).any((1, 2, 3)).mean()) < 6 * np.sqrt(0.25 * 0.75 / 400)
    np.testing.assert_array_equal(images, same)


@pytest.mark.parametrize(("layer", "properties"), ALL)
def test_shapes_and_gradients(layer, properties):
    """The shape stays, and gradients flow."""
    check_layer(layer, properties, inputs=[("N", 3, 4, 5)], output=("N", 3, 4, 5))


@pytest.mark.parametrize(
    ("direction", "allowed"),
    [
        ("horizontal", [(1, 1), (1, -1)]),
        ("vertical", [(1, 1), (-1, 1)]),
        ("both", [(1, 1), (1, -1), (-1, 1), (-1, -1)]),
    ],
)
def test_flips(direction, allowed):
    """Each image is one of its mirror images, and each of them occurs."""
    [y], _ = run_layer(random_flip, {"direction": direction}, [IMAGES], training=True)

    found = [
        next(way for way in allowed if np.array_equal(after, before[:, :: way[0], :: way[1]]))
        for before, after in zip(IMAGES, y)
    ]
    assert set(allowed) == set(found)


def test_rotation():
    """A rotation keeps lengths and angles, and stays below the greatest angle."""
    matrices, shifts = sources(rotation=25)

    np.testing.assert_allclose(
        matrices @ matrices.transpose(0, 2, 1), np.broadcast_to(np.eye(2), (30, 2, 2)), atol=1e-4
    )
    np.testing.assert_allclose(0, shifts, atol=1e-3)
    spread_within(np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])), 25)


def test_translation():
    """A shift moves every pixel alike, by shares of the height and of the width."""
    matrices, shifts = sources(translation=[0.1, 0.2])

    np.testing.assert_allclose(np.broadcast_to(np.eye(2), (30, 2, 2)), matrices, atol=1e-4)
    spread_within(shifts[:, 0], 0.2 * 21)
    spread_within(shifts[:, 1], 0.1 * 21)


def test_zoom():
    """A zoom changes both axes by one factor."""
    matrices, _ = sources(zoom=0.25)

    np.testing.assert_allclose(np.eye(2) * matrices[:, :1, :1], matrices, atol=1e-4)
    spread_within(1 / matrices[:, 0, 0] - 1, 0.25)


def test_shear():
    """A shear moves rows along the width."""
    matrices, _ = sources(shear=20)

    np.testing.assert_allclose(np.broadcast_to([[1, 0], [0, 1]], (30, 2, 2))[:, :, 0], matrices[:, :, 0], atol=1e-4)
    np.testing.assert_allclose(1, matrices[:, 1, 1], atol=1e-4)
    spread_within(np.degrees(np.arctan(matrices[:, 0, 1])), 20)


@pytest.mark.parametrize(("fill", "edge"), [("zeros", 0), ("border", 1)])
def test_fill(fill, edge):
    """Outside of the image there are zeros, or its last pixel."""
    ones = np.ones((20, 1, 7, 7), "float32")

    [y], _ = run_layer(random_affine, {"translation": 0.5, "fill": fill}, [ones], training=True)

    np.testing.assert_allclose(edge, y.min(), atol=1e-6)


def test_erasing():
    """A rectangle of every channel is replaced, in the given share of the images; its sides keep to the bounds."""
    ones = np.ones((400, 2, 20, 30), "float32")

    [y], _ = run_layer(random_erasing, {"rate": 0.25, "size": [0.2, 0.5], "value": 7}, [ones], training=True)

    erased = y == 7
    hit = erased.any((1, 2, 3))
    assert abs(0.25 - hit.mean()) < 6 * np.sqrt(0.25 * 0.75 / 400)
    np.testing.assert_array_equal(erased[:, 0], erased[:, 1])
    for axis, length in ((1, 20), (2, 30)):
        sides = erased[hit, 0].any(3 - axis).sum(1)
        # A side covers the centres of its pixels: one more or less than its length.
        assert 0.2 * length - 1 <= sides.min() <= sides.max() <= 0.5 * length + 1
    areas = erased[hit, 0].any(1).sum(1) * erased[hit, 0].any(2).sum(1)
    np.testing.assert_array_equal(areas, erased[hit, 0].sum((1, 2)))


def cropped(size, training=True):
    """Crops of PLACES, and the row and column of the first pixel of each."""
    [y], _ = run_layer(random_crop, {"size": size}, [PLACES], training=training)
    return y, np.stack([y[:, 1, 0, 0], y[:, 0, 0, 0]], 1).astype(int) + 10


def test_crops():
    """Each image has a window of its own, and every place occurs."""
    y, starts = cropped([19, 20])

    for image, window, (row, column) in zip(PLACES, y, starts):
        np.testing.assert_array_equal(image[:, row : row + 19, column : column + 20], window)
    assert {(row, column) for row in range(3) for column in range(2)} == set(map(tuple, starts.tolist()))


def test_crop_of_the_centre():
    """A served model sees the centre; of an odd rest, one more is cut off the end."""
    y, starts = cropped([17, 18], training=False)

    np.testing.assert_array_equal(PLACES[:, :, 2:19, 1:19], y)
    np.testing.assert_array_equal(starts, [[2, 1]] * 30)


def test_crop_of_all():
    """A window as large as the image is the image."""
    y, _ = cropped(21)

    np.testing.assert_array_equal(PLACES, y)


@pytest.mark.parametrize("size", [3, [2, 4]])
def test_crop_shapes_and_gradients(size):
    """Gradients flow to the pixels of the window."""
    sides = [size] * 2 if isinstance(size, int) else size

    check_layer(random_crop, {"size": size}, inputs=[("N", 2, 4, 5)], output=("N", 2, *sides))


def test_trained_with():
    """They stand before the first weights of a model, which needs no gradient of theirs."""
    layers = [{"type": layer.type, **properties} for layer, properties in ALL]
    training = {
        "loss": {"type": "mean_squared_error", "target": "y"},
        "optimizer": {"type": "sgd", "learning_rate": 0.01},
        "epochs": 1,
        "batch_size": 20,
    }
    spec = {
        "name": "pictures",
        "inputs": {"image": {"shape": [3, 6, 5]}},
        "layers": [*layers, {"type": "random_crop", "size": 4}, {"type": "flatten"}, {"type": "dense", "units": 1}],
        "training": training,
    }

    run = declnet.train(spec, data={"train": {"image": IMAGES, "y": np.zeros((40, 1))}})

    assert np.isfinite(next(iter(run.predict({"image": IMAGES}).values()))).all()


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "message"),
    [
        (random_flip, {}, (2, 3, 4), "images of known size"),
        (random_crop, {"size": [5, 2]}, (2, 3, 4, 4), "zero_pad before it"),
        (random_erasing, {"size": [0.5, 0.1]}, (2, 1, 4, 4), "least side is above the greatest"),
    ],
)
def test_misfits_are_refused(layer, properties, shape, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32")])
