"""One contender in a process of its own: says that it is ready, then trains for as long as each line asks for.

    python worker.py CONTENDER MODEL THREADS

Out, one JSON object per line: first ``{"version": ..., "losses": [...]}`` with the losses of the first five steps, or
``{"absent": reason}``. Then, for every line ``<seconds>`` that comes in, it trains for about as long and says
``{"steps": ..., "wall": ..., "cpu": ..., "others": ...}``: seconds by the clock, seconds of processor time, and
the share of the processors that other processes used meanwhile (None where that cannot be known).
"""

import importlib
import itertools
import json
import os
import sys
import time

WARM_UP = 40


def main(contender: str, model: str, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    say = _exclusive_stdout()
    from problem import problem

    try:
        module = importlib.import_module(f"contenders.{contender}")
        given = getattr(module, "problem", problem)(model)
        made = module.Contender(given, threads)
    except ImportError as error:
        say(absent=f"{type(error).__name__}: {error}")
        return
    indices = itertools.cycle(given.indices)
    losses = [made.step(next(indices)) or made.loss() for _ in range(5)]
    for _ in range(WARM_UP):
        made.step(next(indices))
    say(version=made.version, losses=losses)
    for line in sys.stdin:
        begin, own, all_busy = time.perf_counter(), time.process_time(), _busy_seconds()
        steps, end = 0, begin + float(line)
        while time.perf_counter() < end:
            made.step(next(indices))
            steps += 1
        made.loss()
        wall, cpu = time.perf_counter() - begin, time.process_time() - own
        others = None
        if all_busy is not None:
            others = round(max(_busy_seconds() - all_busy - cpu, 0) / (wall * os.cpu_count()), 3)
        say(steps=steps, wall=wall, cpu=cpu, others=others)


def _busy_seconds() -> float | None:
    """Processor time used by all processes since the machine started, in seconds."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _idle, _wait, interrupt, soft, steal = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupt + soft + steal) / os.sysconf("SC_CLK_TCK")


def _exclusive_stdout():
    """Keep standard output for the protocol: what libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**message):
        print(json.dumps(message), file=out, flush=True)

    return say


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
