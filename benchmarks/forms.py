"""Race forms of the same gradient or update against each other, on the onnxruntime of this environment.

    python benchmarks/forms.py [--threads 1] [--only NAME]

Each form is a small graph, built here with declnet's graph module, checked against the first form of its group, and run
in turns with the others. Times are processor time for one thread, else time by the clock: milliseconds, lower quartile.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from form_groups import activations, conv_inputs, conv_weights, dropouts, masks, max_pools, scores, tables, updates

from declnet.graph import Graph, to_model
from declnet.runtime import open_runtime

ROUNDS = 15
GROUPS = {
    **max_pools(),
    **activations(),
    **conv_inputs(),
    **conv_weights(),
    **updates(),
    **dropouts(),
    **scores(),
    **masks(),
    **tables(),
}


class Form:
    """A session of one form, with its inputs and outputs bound."""

    def __init__(self, build, shapes: dict, threads: int):
        graph = Graph("form")
        given = {name: graph.input(name, "float32", shape) for name, shape in shapes.items()}
        for k, value in enumerate(build(graph, **given)):
            graph.output(value, f"out_{k}")
        runtime = open_runtime(threads=threads)
        session = runtime.session(to_model(graph))
        rng = np.random.default_rng(0)
        feed = {name: np.asarray(np.tanh(rng.standard_normal(shape)), "float32") for name, shape in shapes.items()}
        found = session.run(feed)
        self.results = list(found.values())
        inputs = {name: runtime.tensor(feed[name]) for name in session.inputs}
        outputs = {name: runtime.tensor(np.empty_like(value)) for name, value in found.items()}
        self._run = session.bind(inputs, outputs)
        self.times: list[float] = []

    def turn(self, clock, runs: int = 10) -> None:
        """Run a few times; note the milliseconds of one run."""
        begin = clock()
        for _ in range(runs):
            self._run()
        self.times.append((clock() - begin) / runs * 1000)


def race(forms: dict, shapes: dict, threads: int, random: bool = False) -> dict[str, float | str]:
    """Milliseconds by form; what the runtime said, for a form that it refuses.

    The forms must give the same results; *random* ones, means that differ by less than 0.01.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    found, made = {}, {}
    for name, build in forms.items():
        try:
            made[name] = Form(build, shapes, threads)
        except Exception as error:  # onnxruntime's errors share no class of their own
            found[name] = f"not in this build ({str(error).split(':')[-1].strip()[:60]})"
    first = next(iter(made.values())).results
    for name, form in made.items():
        for ours, theirs in zip(first, form.results, strict=True):
            if random:
                assert abs(ours.mean() - theirs.mean()) < 0.01, name
                continue
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3 * np.abs(ours).max(), err_msg=name)
    for _ in range(ROUNDS):
        for form in made.values():
            form.turn(clock)
    return {name: float(np.quantile(form.times, 0.25)) for name, form in made.items()} | found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="only groups with this in their name")
    given = parser.parse_args()
    print(f"{open_runtime().version}, {given.threads} thread(s)")
    for name, (forms, shapes, *random) in GROUPS.items():
        if given.only not in name:
            continue
        print(f"\n{name}")
        for form, took in race(forms, shapes, given.threads, *random).items():
            print(f"  {form:46s} {took if isinstance(took, str) else f'{took:8.3f}'}")


if __name__ == "__main__":
    main()
