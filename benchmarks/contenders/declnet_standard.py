"""declnet with the standard form of the step graph, also on builds that have training kernels."""

from contenders import declnet_step


class Contender(declnet_step.Contender):
    kernels = "standard"
