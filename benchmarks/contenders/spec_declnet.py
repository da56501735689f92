"""A spec as it is, by the step graph and the stepper that ``declnet train`` uses."""

import numpy as np
from spec_problem import SpecProblem

import declnet
from declnet.data import conform
from declnet.runtime import open_runtime
from declnet.training.first_values import first_values

problem = SpecProblem


class Contender:
    def __init__(self, problem, threads):
        program, runtime = declnet.compile(problem.spec), open_runtime(threads=threads)
        self.version = f"{runtime.version}, target {program.target.name}"
        rows = conform(problem.rows, [*program.features, *program.targets])
        values = first_values(program, rows, runtime)
        values |= {"seed": np.array(problem.spec.training.seed), "total_steps": np.array(problem.steps)}
        stepper = declnet.Whole()
        stepper.begin(program, rows, values, runtime)
        self.step = stepper.step
        self.loss = lambda: stepper.losses()["loss"]
