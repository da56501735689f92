"""Rows of named columns: read by a source, split, held against the spec, and dealt out in batches.

source -> Table -> split -> conform -> batches
"""

from declnet.data.batches import batches, order
from declnet.data.conform import Column, conform
from declnet.data.read import read
from declnet.data.rows import ArrayRows, Columns, Field, Rows, as_rows
from declnet.data.split import Splits, select, split
from declnet.data.table import SPLITS, Table, from_arrays

__all__ = [
    "SPLITS",
    "ArrayRows",
    "Column",
    "Columns",
    "Field",
    "Rows",
    "Splits",
    "Table",
    "as_rows",
    "batches",
    "conform",
    "from_arrays",
    "order",
    "read",
    "select",
    "split",
]
