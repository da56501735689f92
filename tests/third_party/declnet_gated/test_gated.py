"""What the author of a plugin tests: one call for each component."""

import pytest
from declnet_gated.gated import gated
from declnet_gated.quick_gelu import quick_gelu

from declnet.testing import check_layer


@pytest.mark.parametrize("activation", ["linear", "tanh", {"type": "quick_gelu", "alpha": 1.5}])
def test_gated(activation):
    """A gated linear unit has a shape, a gradient, and the same graph each time."""
    check_layer(gated, {"units": 6, "activation": activation}, inputs=[("N", 5)], output=("N", 6))


def test_quick_gelu():
    """The rule for the operator agrees with a difference quotient."""
    check_layer(quick_gelu, {"alpha": 1.702}, inputs=[("N", 3, 4)], output=("N", 3, 4))
