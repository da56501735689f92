"""What an optimizer and a schedule see of the graph: ``net``, with what belongs to a parameter and to a step."""

from __future__ import annotations

import numpy as np

from declnet.graph import Value
from declnet.lowering.net import Net


class OptimizerNet(Net):
    """What an optimizer and a schedule see: slots, and the count of steps done so far."""

    def slot(self, name: str, like: Value) -> Value:
        """A float32 tensor of the shape of *like* that belongs to this parameter and starts at zero."""
        return self.state(name, like.shape, 0.0)

    @property
    def step(self) -> Value:
        """How many steps were done before this one: a float32 scalar, 0 in the first step."""
        return self.Cast(self._scalar("step"), to=np.dtype("float32"))

    @property
    def total_steps(self) -> Value:
        """How many steps the whole training has: a float32 scalar."""
        return self.Cast(self._scalar("total_steps"), to=np.dtype("float32"))
