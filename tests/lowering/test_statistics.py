"""Statistics that layers have fitted: one table of kinds."""

import numpy as np
import pytest

from declnet import layer
from declnet.lowering import REDUCTIONS, lower
from declnet.spec import parse

PARTS = np.split(np.random.default_rng(0).normal(size=(60, 3, 4)), [7, 30])


@layer({"properties": {"kind": {"type": "string", "default": "mean", "description": "The kind of statistic."}}})
def centred(net, x, *, kind):
    """Subtract a statistic."""
    return x - net.statistic("centre", x, kind, [0])


@pytest.mark.parametrize(
    "kind, expected", [("mean", np.mean), ("standard_deviation", np.std), ("minimum", np.min), ("maximum", np.max)]
)
@pytest.mark.parametrize("axes", [(0,), (0, 2)])
def test_reductions(kind, expected, axes):
    """Each is that of all parts together."""
    found = REDUCTIONS[kind].reduce(lambda: iter(PARTS), axes)

    np.testing.assert_allclose(expected(np.concatenate(PARTS), axis=axes).ravel(), found.ravel(), rtol=1e-12)


@pytest.mark.parametrize("kind", REDUCTIONS)
def test_every_kind_can_be_asked_for(beside, root, kind):
    """And stands in the documentation of net."""
    page = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if "net.statistic(" in line)

    assert [] == mistakes(beside, kind)
    assert f'"{kind}"' in row


def test_an_unknown_kind_is_refused_when_it_is_asked_for(beside):
    """With the nearest one, and all that there are; it was a KeyError when the weights were made."""
    (mistake,) = mistakes(beside, "maximun")

    assert "/layers/0" == mistake.pointer
    assert "layer 'a' (centred): there is no statistic 'maximun'; did you mean 'maximum'?" == mistake.message
    assert "'mean', 'standard_deviation', 'minimum', 'maximum'" == mistake.allowed


def mistakes(beside, kind):
    """What lowering a layer with such a statistic finds wrong."""
    plugins = beside(centred)
    layers = [{"type": "centred", "name": "a", "kind": kind}]
    spec = parse({"name": "net", "inputs": {"x": {"shape": [3]}}, "layers": layers}, plugins=plugins)
    return lower(spec, training=False, plugins=plugins).diagnostics
