"""Race the training step of every spec, as it is, against the same model in PyTorch eager, written by hand.

    python benchmarks/specs.py --peers PYTHON --declnet PYTHON [SPEC ...]

How a turn is measured: step.py. The models in PyTorch are those of accuracy/, which reach the same figures. Specs whose
data are missing are left out; scripts/fetch_data.py fetches them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from step import race

SPECS = Path(__file__).parent.parent / "specs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="names of specs; all, if none is named")
    parser.add_argument("--peers", default=sys.executable, help="Python with torch and declnet")
    parser.add_argument("--declnet", action="append", help="Python with declnet; repeatable")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    pythons = [(given.peers, "spec_torch"), *((python, "spec_declnet") for python in given.declnet or [sys.executable])]
    how = {key: getattr(given, key) for key in ("rounds", "processes", "threads")}
    how |= {"clock": "wall", "reference": "spec_torch", "alike": False}
    print(f"{given.threads} thread(s), wall time, ratio to PyTorch eager (quartiles)\n")
    for name in given.specs or sorted(path.stem for path in SPECS.glob("*.json")):
        result = race(name, pythons, **how)
        cells = []
        for row in result["contenders"]:
            low, median, high = row["ratio"]
            ratio = f"{median:.2f} ({low:.2f} to {high:.2f})"
            cells.append(f"{row['milliseconds'][1]:.2f} ms" if row["contender"] == "spec_torch" else ratio)
        cells += [f"left out: {reason}" for reason in result["absent"].values()]
        print(f"| `{name}` | {' | '.join(cells)} |" + ("" if result["quiet"] else " disturbed"), flush=True)


if __name__ == "__main__":
    main()
