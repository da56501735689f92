"""Rows of named columns: read by a source, split, held against the spec, and dealt out in batches.

source -> Table -> split -> conform -> batches, gather
"""

from declnet.data.batches import batches, gather, order
from declnet.data.conform import Column, conform
from declnet.data.read import read
from declnet.data.split import Splits, split
from declnet.data.table import Table, fingerprint, from_arrays

__all__ = [
    "Column",
    "Splits",
    "Table",
    "batches",
    "conform",
    "fingerprint",
    "from_arrays",
    "gather",
    "order",
    "read",
    "split",
]
