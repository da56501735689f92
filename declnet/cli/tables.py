"""Tables of figures and texts, for a terminal and for a file alike."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from declnet.summary import Row, Summary


def print_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Iterable[str] = (),
    totals: Sequence[Any] = (),
    fold: bool = True,
) -> None:
    """Print a table.

    Args:
        right: the titles of the columns whose texts are aligned to the right.
        totals: a last row, set off by a line.
        fold: whether what is too wide goes on in a further line; else the first column is cut off.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    def text(cell: Any) -> Text:
        return Text("" if cell is None else str(cell), no_wrap=not fold, overflow="fold" if fold else "ellipsis")

    table = Table(
        box=box.SIMPLE,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        show_footer=bool(totals),
        header_style="bold",
        footer_style="bold",
    )
    for index, title in enumerate(titles):
        footer = text(totals[index]) if totals else ""
        table.add_column(
            title,
            footer,
            justify="right" if title in right else "left",
            overflow="fold",
            no_wrap=bool(index) and not fold,
        )
    for row in rows:
        table.add_row(*map(text, row))
    console().print(table)


def print_summary(summary: Summary, depth: int | None = None) -> None:
    """Print the blocks and layers of a model as a tree of *depth* levels, and what they cost."""
    from declnet.summary import COUNTED
    from declnet.wording import shape_text

    total, some = summary.total, bool(summary.total.fixed)

    def figures(row: Row) -> list[str]:
        fixed = [count(row.fixed)] if some else []
        return [count(row.parameters), *fixed, amount(row.multiply_adds), size(row.activation_bytes)]

    titles = ["layer", "output", "parameters", *(["fixed"] if some else []), "mult-adds", "memory"]
    rows = [["  " * level + _label(row), shape_text(row.shape), *figures(row)] for level, row in summary.tree(depth)]
    print_table(titles, rows, right=titles[2:], totals=[total.name, "", *figures(total)], fold=False)
    note = "fixed are frozen weights, and statistics that training keeps without a gradient." if some else ""
    console().print(
        f"For one row of data: mult-adds are the {COUNTED}; memory is that of all values computed. {note}".rstrip()
    )


def _label(row: Row) -> str:
    """The last part of a name; of a block with a slash after it, of a layer with the type where it does not say it."""
    name = row.name.rpartition("/")[2]
    if row.type is None:
        return f"{name}/"
    return name if re.fullmatch(rf"{row.type}(_\d+)*", name) else f"{name} ({row.type})"


def console() -> Console:
    """Where tables and progress go: the terminal in its own width, a file in that of COLUMNS, or in a fixed one."""
    from rich.console import Console

    screen = Console(highlight=False, markup=False)
    fixed = not screen.is_terminal and "COLUMNS" not in os.environ
    return Console(highlight=False, markup=False, width=120) if fixed else screen


def figure(value: float) -> str:
    """A measured number in a few digits."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"


def count(number: int | None) -> str:
    """A counted number, its digits in groups of three; a question mark where it is not known."""
    return "?" if number is None else f"{number:,}"


def amount(number: int | None) -> str:
    """A large number in three digits and a unit: 28.2 k, 3.44 M."""
    if number is None or number < 1000:
        return count(number)
    digits, exponent = f"{number:.2e}".split("e+")
    groups, places = divmod(int(exponent), 3)
    return f"{float(digits) * 10**places:.{2 - places}f} {'kMGTPE'[groups - 1]}"


def size(number: int | None) -> str:
    """A number of bytes in the unit that suits it."""
    if number is None:
        return "?"
    rest: float = number
    for unit in ("B", "KiB", "MiB"):
        if rest < 1024:
            return f"{rest:,} {unit}" if unit == "B" else f"{rest:,.1f} {unit}"
        rest /= 1024
    return f"{rest:,.1f} GiB"
