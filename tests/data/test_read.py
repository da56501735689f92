"""Calling the source that a spec names."""

from pathlib import Path

import pytest

from declnet import PluginError, Table, source
from declnet.data import read

PROPERTY = {"type": "object", "properties": {"rows": {"type": "integer", "description": "Number of rows."}}}


@source(PROPERTY)
def counting(folder, *, rows):
    """The first numbers."""
    return Table({"x": range(rows)})


@source(PROPERTY)
def broken(folder, *, rows):
    """Not a table."""
    return [0] * rows


class Offered:
    """Plugins with these two sources."""

    def components(self, kind):
        return {"counting": counting, "broken": broken}

    def owner(self, kind, type):
        return "someone 1.0"


def test_read():
    """The source's properties reach its function."""
    table = read({"type": "counting", "rows": 3}, Path(), Offered())

    assert [0, 1, 2] == table.rows["x"].tolist()


def test_source_must_return_a_table():
    """A wrong plugin is named."""
    with pytest.raises(PluginError, match=r"'broken' of someone 1\.0 returned a list"):
        read({"type": "broken", "rows": 3}, Path(), Offered())
