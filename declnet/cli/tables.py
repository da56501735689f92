"""Tables of figures and texts, for a terminal and for a file alike."""

from collections.abc import Iterable, Sequence


def print_table(
    titles: Sequence[str], rows: Iterable[Sequence], *, right: Iterable[str] = (), totals: Sequence = ()
) -> None:
    """Print a table.

    Args:
        right: the titles of the columns whose texts are aligned to the right.
        totals: a last row, set off by a line.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_footer=bool(totals), header_style="bold", footer_style="bold"
    )
    for index, title in enumerate(titles):
        footer = str(totals[index]) if totals else ""
        table.add_column(title, Text(footer), justify="right" if title in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console().print(table)


def console():
    """Where tables and progress go: the terminal in its own width, a file in a fixed one."""
    from rich.console import Console

    screen = Console(highlight=False, markup=False)
    return screen if screen.is_terminal else Console(highlight=False, markup=False, width=120)


def figure(value: float) -> str:
    """A measured number in a few digits."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"


def count(number: int | None) -> str:
    """A counted number, its digits in groups of three; a question mark where it is not known."""
    return "?" if number is None else f"{number:,}"


def size(number: int | None) -> str:
    """A number of bytes in the unit that suits it."""
    if number is None:
        return "?"
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:,} {unit}" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} GiB"
