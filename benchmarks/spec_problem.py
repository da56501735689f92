"""What both contenders of specs.py train: a spec, its rows for training, and the rows of each step's batch."""

from pathlib import Path

import declnet
from declnet.compiler import split_data
from declnet.data import batches

SPECS = Path(__file__).parent.parent / "specs"


class SpecProblem:
    def __init__(self, name: str):
        self.spec = declnet.load(SPECS / f"{name}.json")
        self.rows = split_data(self.spec, None).train
        training, count = self.spec.training, len(next(iter(self.rows.values())))
        self.indices = list(batches(count, training.batch_size, seed=training.seed, epoch=0))
        self.steps = training.epochs * len(self.indices)
