"""Call the data source that a spec names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from declnet.data.table import Table
from declnet.errors import PluginError
from declnet.plugins import Plugins, installed


def read(source: Mapping, folder: Path, plugins: Plugins | None = None) -> Table:
    """Read the table of a normalised source object, ``{"type": NAME, ...every property}``.

    Args:
        folder: the folder of the spec.
        plugins: where to look the source up; those of the environment by default.

    Raises:
        DataError: the data cannot be read.
        PluginError: the source returned something else than a Table.
    """
    plugins = plugins or installed()
    properties = dict(source)
    name = properties.pop("type")
    table = plugins.components("source")[name](Path(folder), **properties)
    if not isinstance(table, Table):
        raise PluginError(
            f"source {name!r} of {plugins.owner('source', name)} returned a {type(table).__name__}",
            allowed="a declnet.Table",
            hint="end the source with: return Table({name: array})",
        )
    return table
