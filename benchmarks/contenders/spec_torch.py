"""A spec's model in PyTorch eager, written by hand: benchmarks/accuracy."""

import sys
from pathlib import Path

import torch
from spec_problem import SpecProblem

sys.path.insert(0, str(Path(__file__).parent.parent / "accuracy"))
import generative
import peer

problem = SpecProblem


class Contender:
    def __init__(self, problem, threads):
        # Before the first operator, so that all threads have it: declnet counts denormals as zero, too.
        torch.set_flush_denormal(True)
        torch.set_num_threads(threads)
        self.version = f"torch {torch.__version__}"
        made = generative.GanTraining if problem.spec.name == "gan" else peer.Training
        self._run = made(problem.spec, peer.columns(problem.rows))

    def step(self, index):
        self._last = self._run.step(index)

    def loss(self):
        return self._last.item()
