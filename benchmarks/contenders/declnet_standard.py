"""declnet with the target "standard", also on builds that have training kernels."""

from contenders import declnet_step


class Contender(declnet_step.Contender):
    target = "standard"
