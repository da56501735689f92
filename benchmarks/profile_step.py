"""Where the time of a training step goes, by operator: the runtime's own profile of the step graph.

python benchmarks/profile_step.py MODEL [--target standard] [--nodes]
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections import Counter
from pathlib import Path

from contenders import declnet_step
from problem import problem

STEPS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="name of a spec in specs/")
    parser.add_argument("--target", default="auto", choices=["auto", "standard", "training"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--nodes", action="store_true", help="one line per node instead of one per operator")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        events, version = profile(given, Path(folder))
    times, counts = Counter(), Counter()
    for event in events:
        operator = event["args"].get("op_name", "?")
        key = f"{operator:16s} {event['name'].removesuffix('_kernel_time')}" if given.nodes else operator
        times[key] += event["dur"] / STEPS
        counts[key] += 1 / STEPS
    total = sum(times.values())
    nodes = sum(counts.values())
    print(f"{given.model}, {version}, {given.threads} thread(s): {total:.0f} us per step in {nodes:.0f} nodes")
    for key, took in times.most_common(25):
        print(f"{took:9.1f} us  {took / total:6.1%}  {counts[key]:5.1f}x  {key}")


def profile(given: argparse.Namespace, folder: Path) -> tuple[list[dict], str]:
    """The profile's events of running a node, and the version of the runtime."""

    class Profiled(declnet_step.Contender):
        target = given.target
        profile = str(folder / "step")

    trained = problem(given.model)
    made = Profiled(trained, given.threads)
    for index in itertools.islice(itertools.cycle(trained.indices), STEPS):
        made.step(index)
    events = json.loads(Path(made.end_profiling()).read_text())
    return [event for event in events if event["name"].endswith("_kernel_time")], made.version


if __name__ == "__main__":
    main()
