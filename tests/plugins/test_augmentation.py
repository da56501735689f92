"""Random changes of images: what they may change, by how much, and that they are gone after training."""

import numpy as np
import pytest
from declnet_dropout.color_jitter import color_jitter
from declnet_dropout.random_affine import random_affine
from declnet_dropout.random_erasing import random_erasing
from declnet_dropout.random_flip import random_flip

import declnet
from declnet import DeclnetError
from declnet.testing import check_layer, run_layer

IMAGES = np.random.default_rng(0).random((40, 3, 6, 5)).astype("float32")
ROWS, COLUMNS = np.meshgrid(np.arange(21.0) - 10, np.arange(21.0) - 10, indexing="ij")
# Two channels that hold the place of each pixel: what a transformed image shows is where it comes from.
PLACES = np.repeat(np.stack([COLUMNS, ROWS])[None], 30, axis=0).astype("float32")
ALL = [
    (random_flip, {"direction": "both"}),
    (random_affine, {"rotation": 30, "translation": 0.2, "zoom": 0.2, "shear": 10}),
    (color_jitter, {"brightness": 0.5, "contrast": 0.5, "saturation": 0.5}),
    (random_erasing, {"rate": 1}),
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


@pytest.mark.parametrize(("layer", "properties"), [case for case in ALL if case[0] is not random_affine])
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
        "layers": [*layers, {"type": "flatten"}, {"type": "dense", "units": 1}],
        "training": training,
    }

    run = declnet.train(spec, data={"train": {"image": IMAGES, "y": np.zeros((40, 1))}})

    assert np.isfinite(next(iter(run.predict({"image": IMAGES}).values()))).all()


@pytest.mark.parametrize(
    ("layer", "properties", "shape", "message"),
    [
        (random_flip, {}, (2, 3, 4), "images of known size"),
        (color_jitter, {"saturation": 0.1}, (2, 1, 4, 4), "images of 1 channels have no saturation"),
        (random_erasing, {"size": [0.5, 0.1]}, (2, 1, 4, 4), "least side is above the greatest"),
    ],
)
def test_misfits_are_refused(layer, properties, shape, message):
    """What does not fit is refused, with what would."""
    with pytest.raises(DeclnetError, match=message):
        run_layer(layer, properties, [np.zeros(shape, "float32")])
