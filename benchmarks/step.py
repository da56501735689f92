"""Race the training step of declnet against PyTorch and JAX: the same model, weights, data and number of threads.

    python benchmarks/step.py --peers PYTHON --declnet PYTHON --declnet PYTHON

Every contender is a process of its own; one runs while the others wait. Each turn of a contender follows a turn of
PyTorch eager, and the ratio of the two counts, so that a machine that is slow for a while is slow for both. Where
other programs use the processors, threads that wait for each other suffer out of proportion: such turns are repeated.
See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = "torch_eager"
PEERS = [REFERENCE, "torch_fused", "torch_compile", "jax_jit"]
DECLNET = ["declnet_step", "declnet_standard"]
# How long a turn takes, and how far the losses of the first steps may differ.
TURN_SECONDS = 0.2
TOLERANCE = 1e-3
# The share of the processors that other programs may use during a turn, and how many disturbed turns are repeated.
DISTURBED = 0.1
PATIENCE = 10


class Worker:
    """A contender in its process; ``absent`` says why there is none."""

    def __init__(self, python: str, contender: str, model: str, threads: int):
        self.contender = contender
        command = [python, str(HERE / "worker.py"), contender, model, str(threads)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        said = json.loads(line) if line else {"absent": self._process.stderr.read().strip().splitlines()[-1:]}
        self.absent: str | None = said.get("absent")
        self.version: str = said.get("version", "")
        self.losses: list[float] = said.get("losses", [])
        self.milliseconds: list[float] = []
        self.ratios: list[float] = []

    def run(self, clock: str) -> tuple[float, bool]:
        """Take a turn; return milliseconds per step, and whether other programs did not disturb the measurement."""
        print(TURN_SECONDS, file=self._process.stdin, flush=True)
        said = json.loads(self._process.stdout.readline())
        return said[clock] / said["steps"] * 1000, clock == "cpu" or (said["others"] or 0) <= DISTURBED

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            pipe.close()


def race(
    model: str,
    pythons: list[tuple[str, str]],
    *,
    rounds: int,
    processes: int,
    threads: int,
    clock: str,
    reference: str = REFERENCE,
    alike: bool = True,
) -> dict:
    """Race the contenders, given as (interpreter, contender); return what was measured.

    Args:
        rounds, processes: so many turns of each contender, in each of so many processes: how memory happens to lie
            stays the same for a process, and makes it faster or slower.
        alike: the contenders begin with the same weights, and must compute the same.
    """
    held, absent, quiet = {}, {}, True
    for _ in range(processes):
        workers, lacking = _start(model, pythons, threads)
        absent |= lacking
        if alike:
            _agree(workers)
        quiet &= _race(workers, reference, rounds, clock)
        for worker in workers:
            first = held.setdefault((worker.contender, worker.version), worker)
            if first is not worker:
                first.milliseconds += worker.milliseconds
                first.ratios += worker.ratios
    settings = {"model": model, "threads": threads, "clock": clock, "rounds": rounds, "processes": processes}
    return {**settings, "contenders": [_result(w) for w in held.values()], "absent": absent, "quiet": quiet}


def _start(model: str, pythons: list[tuple[str, str]], threads: int) -> tuple[list[Worker], dict[str, str]]:
    """The workers, each ready, and why others are absent."""
    workers, absent = [], {}
    for python, contender in pythons:
        worker = Worker(python, contender, model, threads)
        if worker.absent:
            absent[f"{contender} ({python})"] = worker.absent
            worker.close()
        elif contender in DECLNET and worker.version in {other.version for other in workers}:
            worker.close()
        else:
            workers.append(worker)
    return workers, absent


def _race(workers: list[Worker], reference: str, rounds: int, clock: str) -> bool:
    """Let the workers take their turns, and end them; whether other programs left them alone."""
    first = next((worker for worker in workers if worker.contender == reference), None)
    repeats = rounds * len(workers) * PATIENCE
    for _ in range(rounds):
        for worker in random.sample(workers, len(workers)):
            while True:
                base, base_quiet = first.run(clock) if first else (float("nan"), True)
                own, quiet = worker.run(clock)
                if (base_quiet and quiet) or not repeats:
                    break
                repeats -= 1
            worker.milliseconds.append(own)
            worker.ratios.append(own / base)
    for worker in workers:
        worker.close()
    return repeats > 0 or not workers


def _agree(workers: list[Worker]) -> None:
    """All contenders must compute the same: compare the losses of the first five steps."""
    for worker in workers[1:]:
        for ours, theirs in zip(workers[0].losses, worker.losses, strict=True):
            if abs(ours - theirs) > TOLERANCE * abs(ours):
                raise SystemExit(
                    f"{worker.contender} ({worker.version}) does not compute what {workers[0].contender} computes:\n"
                    f"losses {worker.losses} instead of {workers[0].losses}"
                )


def _result(worker: Worker) -> dict:
    quartiles = {"milliseconds": _quartiles(worker.milliseconds), "ratio": _quartiles(worker.ratios)}
    return {"contender": worker.contender, "version": worker.version, **quartiles}


def _quartiles(values: list[float]) -> list[float]:
    """Lower quartile, median, upper quartile."""
    # Of a single turn, all three are its own.
    values = values * 2 if len(values) == 1 else values
    return [round(value, 4) for value in statistics.quantiles(values, n=4, method="inclusive")]


def table(result: dict) -> str:
    """The result as a table in Markdown."""
    lines = [f"{result['model']}, {result['threads']} thread(s), {result['clock']} time:", ""]
    lines.append("| contender | version | ms per step | ratio to PyTorch eager | quartiles |")
    lines.append("|---|---|---|---|---|")
    for row in result["contenders"]:
        low, median, high = row["ratio"]
        cells = [row["contender"], row["version"], f"{row['milliseconds'][1]:.3f}", f"{median:.2f}"]
        lines.append(f"| {' | '.join(cells)} | {low:.2f} to {high:.2f} |")
    lines += [f"\nleft out: {name}: {reason}" for name, reason in result["absent"].items()]
    if not result["quiet"]:
        lines.append("\nother programs used the processors all the while: do not trust these figures")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    held = {name: os.environ.get(name) for name in ("BENCH_PEERS", "BENCH_DECLNET")}
    peers = held["BENCH_PEERS"] or sys.executable
    ours = (held["BENCH_DECLNET"] or sys.executable).split(os.pathsep)
    parser.add_argument("--models", nargs="+", default=["mlp", "lenet5"], help="names of specs in specs/")
    parser.add_argument("--peers", default=peers, help="Python with torch and jax (or $BENCH_PEERS)")
    parser.add_argument("--declnet", action="append", help="Python with declnet; repeatable (or $BENCH_DECLNET)")
    parser.add_argument("--contenders", nargs="+", choices=PEERS + DECLNET, default=PEERS + DECLNET)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--clock", choices=["wall", "cpu"], default="wall", help="cpu: processor time; for one thread on a busy machine"
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    given = parser.parse_args()
    pythons = [(given.peers, name) for name in PEERS]
    pythons += [(python, name) for name in DECLNET for python in given.declnet or ours]
    pythons = [(python, name) for python, name in pythons if name in given.contenders]
    how = {key: getattr(given, key) for key in ("rounds", "processes", "threads", "clock")}
    results = []
    for model in given.models:
        results.append(race(model, pythons, **how))
        print(table(results[-1]), end="\n\n", flush=True)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
