"""Regularizers against their formulas in float64."""

import numpy as np
import pytest
from declnet_regularizer import l1, l1_l2, l2

from declnet.testing import check_layer, run_layer

WEIGHT = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
ABSOLUTE, SQUARED = float(np.abs(WEIGHT).sum(dtype=np.float64)), float(np.square(WEIGHT).sum(dtype=np.float64))


@pytest.mark.parametrize(
    "component, properties, penalty",
    [
        (l1, {"rate": 0.1}, 0.1 * ABSOLUTE),
        (l2, {"rate": 0.1}, 0.1 * SQUARED),
        (l1_l2, {"l1": 0.1, "l2": 0.3}, 0.1 * ABSOLUTE + 0.3 * SQUARED),
    ],
)
def test_regularizer(component, properties, penalty):
    """Each penalty, with Keras' meaning of the rates; its gradient is that of a central difference."""
    [result], _ = run_layer(component, properties, [WEIGHT])

    assert result == pytest.approx(penalty, rel=1e-5)
    check_layer(component, properties, inputs=[("N", 4)], output=())
