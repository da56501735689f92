"""Dropout: its share, its mean, its repeatability."""

import numpy as np
import pytest
from declnet_dropout.dropout import dropout

from declnet.testing import check_layer, run_layer

ONES = np.ones((200, 100), "float32")


def test_shapes_and_gradients():
    """The shape stays, and the gradient flows where the value was kept."""
    check_layer(dropout, {"rate": 0.4}, inputs=[("N", 3, 4)], output=("N", 3, 4))


def test_share_and_mean():
    """A share of rate is silenced; the rest grows so that the mean stays."""
    [y], _ = run_layer(dropout, {"rate": 0.25}, [ONES], training=True)

    # 20,000 draws: six standard deviations of the share.
    assert abs(0.25 - np.mean(y == 0)) < 6 * np.sqrt(0.25 * 0.75 / y.size)
    np.testing.assert_allclose(1 / 0.75, y[y != 0], rtol=1e-6)


def test_masks_are_independent():
    """Neither rows nor columns share a mask."""
    [y], _ = run_layer(dropout, {"rate": 0.5}, [ONES], training=True)
    kept = y != 0

    assert ONES.shape[0] == len(np.unique(kept, axis=0))
    assert ONES.shape[1] == len(np.unique(kept, axis=1).T)


def test_repeatable():
    """The same seed and step give the same mask."""
    first, second = (run_layer(dropout, {"rate": 0.5}, [ONES], training=True)[0][0] for _ in range(2))

    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0, True)])
def test_nothing_happens(rate, training):
    """Nothing is silenced after training, nor at a rate of zero."""
    [y], _ = run_layer(dropout, {"rate": rate}, [ONES], training=training)

    np.testing.assert_array_equal(ONES, y)
