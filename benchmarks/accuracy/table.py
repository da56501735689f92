"""Write the table of docs/results.md from what measure.py has measured.

    python benchmarks/accuracy/table.py

It replaces what stands between <!-- accuracy --> and <!-- end -->. A spec is in it with the figure that its users look
at (accuracy, else the loss), over the seeds that both sides were trained with.
"""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "results.md"
HEAD = "| spec | on test rows | seeds | declnet | PyTorch | difference |\n|---|---|---|---|---|---|"
FIGURES = ("accuracy", "frechet", "loss")


def main():
    results = json.loads((HERE / "results.json").read_text())
    names = sorted({key.split("/")[0] for key in results})
    rows = [row for name in names if (row := line(name, results))]
    table = "\n".join([HEAD, *rows])
    page = PAGE.read_text()
    PAGE.write_text(re.sub(r"(<!-- accuracy -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", page, flags=re.S))


def line(name: str, results: dict) -> str | None:
    """The row of a spec; None where no seed has been measured on both sides."""
    measured = {key.split("/")[1] for key in results if key.startswith(f"{name}/")}
    seeds = sorted(s for s in measured if {f"{name}/{s}/declnet", f"{name}/{s}/torch"} <= set(results))
    if not seeds:
        return None
    sides = [[results[f"{name}/{seed}/{side}"] for seed in seeds] for side in ("declnet", "torch")]
    figure = next(each for each in FIGURES if all(each in run for side in sides for run in side))
    ours, theirs = ([run[figure] for run in side] for side in sides)
    change = statistics.median(ours) - statistics.median(theirs)
    shown = f"{change * 100:+.1f} points" if figure == "accuracy" else f"{change / statistics.median(theirs):+.1%}"
    return f"| `{name}` | {figure} | {len(seeds)} | {spread(ours)} | {spread(theirs)} | {shown} |"


def spread(values: list[float]) -> str:
    """The median, and from where to where the values go."""
    digits = 4 if max(values) < 10 else 1
    middle, low, high = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"


if __name__ == "__main__":
    main()
