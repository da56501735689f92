"""Images seen askew or bent: where each pixel comes from."""

import numpy as np
from declnet_augmentation.random_elastic_transform import random_elastic_transform
from declnet_augmentation.random_perspective import random_perspective

from declnet.testing import run_layer


def places(size, images):
    """Images of two channels that hold how far each pixel is from the centre, across and down."""
    down, across = np.meshgrid(*[np.arange(size) - (size - 1) / 2] * 2, indexing="ij")
    return np.repeat(np.stack([across, down])[None], images, axis=0).astype("float32")


def projective(before, after):
    """The matrix of the projective map from points to points, both (n, 2): the null vector of its linear equations."""
    x, y, one, zero = *before.T, np.ones(len(before)), np.zeros((len(before), 3))
    points = np.stack([x, y, one], 1)
    left = np.concatenate([points, zero, -after[:, :1] * points], 1)
    right = np.concatenate([zero, points, -after[:, 1:] * points], 1)
    return np.linalg.svd(np.concatenate([left, right]))[2][-1].reshape(3, 3)


def mapped(matrix, points):
    """*points* (n, 2) by a projective map."""
    moved = np.concatenate([points, np.ones((len(points), 1))], 1) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def test_perspective():
    """Pixels come from a projective map of their places; the corners come from beside the corners."""
    images = places(21, 40) / 10.5

    [y], _ = run_layer(random_perspective, {"rate": 1, "displacement": 0.1}, [images], training=True)

    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    inner = (slice(None), slice(6, 15), slice(6, 15))
    moved = []
    for before, after in zip(images, y):
        before, after = (each[inner].reshape(2, -1).T.astype("float64") for each in (before, after))
        matrix = projective(before, after)
        np.testing.assert_allclose(mapped(matrix, before), after, atol=1e-5)
        moved.append(mapped(matrix, corners) - corners)
    # Half of the image is 1 here.
    assert np.abs(moved).max() < 0.2 + 1e-3
    assert np.abs(moved).max((0, 2)).min() > 0.15
    np.testing.assert_allclose(0, np.mean(moved, 0), atol=0.07)
    assert abs(np.corrcoef(np.reshape(moved, [40, 8]).T) - np.eye(8)).max() < 0.6


def test_great_perspectives_are_finite():
    """At the greatest displacement the corners still span the image."""
    [y], _ = run_layer(
        random_perspective, {"rate": 1, "displacement": 0.2499, "fill": "border"}, [places(8, 500)], training=True
    )

    assert np.isfinite(y).all()
    assert len(np.unique(y[:, 0].round(3), axis=0)) == 500


def test_elastic():
    """Pixels move by uniform noise that a Gaussian has smoothed: its variance, and how alike neighbours move."""
    sigma, alpha, images = 2.0, 25.0, places(41, 40)

    [y], _ = run_layer(random_elastic_transform, {"rate": 1, "alpha": alpha, "sigma": sigma}, [images], training=True)

    moved = (y - images)[:, :, 6:-6, 6:-6]
    # The sum of the squares of a Gaussian's weights is 1 / (2 sigma sqrt(pi)) along each axis.
    deviation = alpha / np.sqrt(3) / (2 * sigma * np.sqrt(np.pi))
    np.testing.assert_allclose(deviation, moved.std(), rtol=0.05)
    np.testing.assert_allclose(0, moved.mean(), atol=0.2)
    for distance in (1, 2, 4):
        for apart in (
            (moved[..., distance:], moved[..., :-distance]),
            (moved[:, :, distance:], moved[:, :, :-distance]),
        ):
            alike = np.mean(apart[0] * apart[1]) / moved.var()
            assert abs(np.exp(-(distance**2) / (4 * sigma**2)) - alike) < 0.06
    # Across and down by themselves, and other images otherwise.
    assert abs(np.mean(moved[:, 0] * moved[:, 1]) / moved.var()) < 0.1
    assert abs(np.mean(moved[:-1] * moved[1:]) / moved.var()) < 0.1


def test_elastic_at_the_edges():
    """The first row moves along itself as far as those in the middle."""
    images = places(41, 60)

    [y], _ = run_layer(
        random_elastic_transform, {"rate": 1, "alpha": 25, "sigma": 2, "fill": "border"}, [images], training=True
    )

    across = (y - images)[:, 0, :, 6:-6]
    np.testing.assert_allclose(across[:, 10:-10].std(), across[:, 0].std(), rtol=0.1)
