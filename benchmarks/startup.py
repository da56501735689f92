"""How long it takes until something happens: a check, one in a process that is warm, a training up to its first step.

    python benchmarks/startup.py [SPEC ...] [--python PYTHON ...] [--rounds 7]

Each measurement is a process of its own, in the environments in turns; seconds by the clock, median and range, and the
ratio of each median to that of the first environment. A warm process has made the same check once before.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

SPECS = Path(__file__).parent.parent / "specs"
# Each prints the seconds since *begin*: when the process was started, unless it says otherwise.
CHECK = """
declnet.check(sys.argv[1])
print(time.time() - begin)
"""
WARM = """
declnet.check(sys.argv[1])
begin = time.time()
declnet.check(sys.argv[1])
print(time.time() - begin)
"""
FIRST_STEP = """
class Begun(declnet.Observer):
    def stepped(self, trainer):
        print(time.time() - begin, flush=True)
        os._exit(0)

declnet.train(sys.argv[1], observers=[Begun()])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("specs", nargs="*", default=["lenet5", "resnet_small", "tiny_gpt", "gan"])
    parser.add_argument("--python", action="append", help="an environment; repeatable [default: this one]")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    pythons = given.python or [sys.executable]
    for spec in given.specs:
        for what, script in (("check", CHECK), ("warm check", WARM), ("first step", FIRST_STEP)):
            seconds: dict[str, list[float]] = {python: [] for python in pythons}
            for _ in range(given.rounds):
                for python in pythons:
                    seconds[python].append(measure(python, script, SPECS / f"{spec}.json"))
            first = statistics.median(seconds[pythons[0]])
            for python, times in seconds.items():
                middle = statistics.median(times)
                spread = f"{min(times):.2f}-{max(times):.2f}"
                print(f"{spec:20} {what:12} {middle:6.2f} s ({spread})  {middle / first:5.2f}  {python}")


def measure(python: str, script: str, spec: Path) -> float:
    """The seconds that *script* prints."""
    script = f"import os, sys, time; begin = float(sys.argv[2])\nimport declnet\n{script}"
    command = [python, "-c", script, str(spec), str(time.time())]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
