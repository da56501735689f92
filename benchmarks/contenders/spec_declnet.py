"""A spec as it is, by the step graph and the runner that ``declnet train`` uses."""

import numpy as np
import onnxruntime
from spec_problem import SpecProblem

from declnet import backend
from declnet.data import conform
from declnet.plugins import installed
from declnet.training.runner import Runner
from declnet.training.step import training_graphs
from declnet.training.train import first_values

problem = SpecProblem


class Contender:
    def __init__(self, problem, threads):
        spec, form = problem.spec, backend.kernels("auto")
        self.version = f"{backend.backend().package} {onnxruntime.__version__}, {form} form"
        graphs = training_graphs(spec, kernels=form)
        columns = conform(problem.rows, [*graphs.features.values(), *graphs.targets.values()])
        values = first_values(spec, graphs, columns, installed())
        values |= {"seed": np.array(spec.training.seed), "total_steps": np.array(problem.steps)}
        runner = Runner(graphs, values, values, columns, device=backend.device("cpu"), threads=threads)
        self.step, self.loss = runner.step, runner.loss
