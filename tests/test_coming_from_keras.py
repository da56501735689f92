"""docs/coming-from-keras.md names layers that there are, and says why where there is none."""

import re

import pytest

from declnet.plugins import installed


@pytest.fixture(scope="module")
def rows(root):
    """The rows of the tables of layers: (names in Keras, what stands in declnet, remark)."""
    page = (root / "docs" / "coming-from-keras.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in page.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == 3 and row[0] != "Keras" and set(row[0]) != {"-"}]


def test_rows_name_layers_or_a_reason(rows):
    """A row names layers, activations or keys of a spec; one that names none says why."""
    layers, activations = (set(installed().components(kind)) for kind in ("layer", "activation"))
    for keras, ours, remark in rows:
        names = re.findall(r"`(\w+)`", ours)
        assert names or (ours == "—" and remark), keras
        if "of the spec" not in ours:
            assert set(names) <= layers | activations, keras


def test_no_layer_of_keras_twice(rows):
    """Each stands in one row."""
    names = [name.strip() for keras, *_ in rows for name in keras.split(",")]

    assert sorted(set(names)) == sorted(names)
