"""declnet with a step graph for the target "standard", also on builds that have training kernels."""

from contenders import declnet_step


class Contender(declnet_step.Contender):
    kernels = "standard"
