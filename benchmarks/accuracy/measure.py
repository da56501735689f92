"""Train the specs with declnet and in PyTorch, several seeds each, and remember what each reached.

    python benchmarks/accuracy/measure.py --side declnet [SPEC ...] [--seeds 3]
    python benchmarks/accuracy/measure.py --side torch [SPEC ...]
    python benchmarks/accuracy/measure.py --side torch-alike lstm text_classifier_lstm

The third begins with declnet's first values, for models of LSTM layers and a dense one: what is left is the training.
The two sides may run in environments of their own, and a measurement that was interrupted goes on where it was: each
(spec, seed, side) is kept in results.json and not measured again. table.py writes the table of docs/results.md from it.
Specs whose data are missing are reported; scripts/fetch_data.py fetches them.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
from pathlib import Path

from frechet import frechet

import declnet

HERE = Path(__file__).parent
SPECS = HERE.parent.parent / "specs"
RESULTS = HERE / "results.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="names of specs; all, if none is named")
    parser.add_argument("--side", choices=SIDES, required=True)
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    given = parser.parse_args()
    for name in given.specs or sorted(path.stem for path in SPECS.glob("*.json")):
        for seed in range(given.seeds):
            key = f"{name}/{seed}/{given.side}"
            if key in read():
                continue
            try:
                spec = declnet.load(SPECS / f"{name}.json", {"training.seed": seed})
                figures = SIDES[given.side](spec)
            except (declnet.DeclnetError, KeyError) as error:
                print(f"{key}: {error}")
                continue
            remember(key, figures)


def measure_declnet(spec) -> dict[str, float]:
    import onnxruntime

    run = declnet.train(spec)
    if spec.name == "gan":
        real = run.splits.train["image"]
        figures = {"frechet": frechet(real, run.sample(len(real)))}
    else:
        figures = run.evaluate()
    return {**figures, "version": f"onnxruntime {onnxruntime.__version__}"}


def measure_torch(spec) -> dict[str, float]:
    import peer
    import torch

    return {**peer.train(spec), "version": f"torch {torch.__version__}"}


def measure_torch_alike(spec) -> dict[str, float]:
    import peer
    import torch

    from declnet.program import Program

    return {**peer.train(spec, Program(spec).initial_weights()), "version": f"torch {torch.__version__}"}


def read() -> dict[str, dict]:
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def remember(key: str, figures: dict) -> None:
    """Add one measurement to results.json, which other processes may be writing too."""
    print(key, figures, flush=True)
    lock = os.open(HERE, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    results = {**read(), key: figures}
    lines = (f"  {json.dumps(name)}: {json.dumps(results[name])}" for name in sorted(results))
    unfinished = RESULTS.with_suffix(".part")
    unfinished.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    unfinished.replace(RESULTS)
    os.close(lock)


SIDES = {"declnet": measure_declnet, "torch": measure_torch, "torch-alike": measure_torch_alike}

if __name__ == "__main__":
    main()
