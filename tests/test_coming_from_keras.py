"""docs/coming-from-keras.md names components that there are, and says why where there is none."""

import json
import re

import pytest

from declnet.plugins import installed

# Which kinds of components the tables under a heading name; under any other heading, layers.
KINDS = {
    "Losses": ("loss",),
    "Optimizers": ("optimizer",),
    "Learning-rate schedules": ("schedule",),
    "Initializers": ("initializer",),
    "Regularizers and constraints": ("regularizer", "constraint"),
    "Metrics": ("metric",),
    "Callbacks": (),
}


@pytest.fixture(scope="module")
def rows(root):
    """The rows of the tables: (kinds, names in Keras, what stands in declnet, remark)."""
    page = (root / "docs" / "coming-from-keras.md").read_text(encoding="utf-8")
    rows = []
    for section in page.split("\n## ")[1:]:
        kinds = KINDS.get(section.splitlines()[0], ("layer", "activation"))
        cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in section.splitlines() if line[:1] == "|"]
        rows += [(kinds, *row) for row in cells if len(row) == 3 and row[0] != "Keras" and set(row[0]) != {"-"}]
    return rows


@pytest.fixture(scope="module")
def keys(root):
    """The keys of a spec and of its training."""
    parts = json.loads((root / "schemas" / "declnet.schema.json").read_text(encoding="utf-8"))
    return set(parts["properties"]) | set(parts["$defs"]["training"]["properties"])


def test_rows_name_components_or_a_reason(rows, keys):
    """A row names components of its kind, or keys of a spec; one that names none says why, or which command does it."""
    for kinds, keras, ours, remark in rows:
        names = set(re.findall(r"`(\w+)`", ours))
        there = keys if "of the spec" in ours else set().union(*(installed().components(kind) for kind in kinds))
        assert names <= there, keras
        assert names or "`declnet " in ours or (ours == "—" and remark), keras


def test_nothing_of_keras_twice(rows):
    """Each stands in one row of its kind."""
    names = [(kinds, name.strip()) for kinds, keras, *_ in rows for name in keras.split(",")]

    assert sorted(set(names)) == sorted(names)
