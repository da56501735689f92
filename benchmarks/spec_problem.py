"""What both contenders of specs.py train: a spec, its rows for training, and the rows of each step's batch."""

from pathlib import Path

import declnet
from declnet.data import batches
from declnet.run import read_table, split_table

SPECS = Path(__file__).parent.parent / "specs"


class SpecProblem:
    def __init__(self, name: str):
        self.spec = declnet.load(SPECS / f"{name}.json")
        rows = split_table(self.spec, read_table(self.spec, None), False).train
        self.rows = {name: rows[name] for name in rows.columns}
        training, count = self.spec.training, len(rows)
        self.indices = list(batches(count, training.batch_size, seed=training.seed, epoch=0))
        self.steps = training.epochs * len(self.indices)
