"""What the blocks of a transformer share: residual connections around normalised parts."""

from collections.abc import Callable, Mapping
from typing import Any

from declnet import Choice, Net, Value


class Residual:
    """Parts with a residual connection and layer normalization, each before its part or after the sum.

    ``residual(x, "attention", part)`` is x + dropout(part(norm(x))) with *norm_first*, norm(x + dropout(part(x)))
    without; the normalization is named ``attention_norm``. *kernel* holds what is chosen for the kernels of all dense
    layers.
    """

    def __init__(
        self, net: Net, *, norm_first: bool, epsilon: float, dropout: float, kernel: Mapping[str, Any]
    ) -> None:
        self._net = net
        self._norm_first = norm_first
        self._epsilon = epsilon
        self._dropout = dropout
        self._kernel = kernel

    def __call__(self, x: Value, name: str, part: Callable[[Value], Value]) -> Value:
        entering = self._norm(x, name) if self._norm_first else x
        total = x + self._net.layer("dropout", part(entering), rate=self._dropout)
        return total if self._norm_first else self._norm(total, name)

    def feed_forward(self, x: Value, units: int, activation: Choice) -> Value:
        """Two dense layers: to *units* and back, with an activation and dropout between them."""

        def part(x: Value) -> Value:
            hidden = self._net.layer("dense", x, name="hidden", units=units, activation=activation, **self._kernel)
            hidden = self._net.layer("dropout", hidden, rate=self._dropout)
            return self._net.layer("dense", hidden, name="output", units=x.shape[-1], **self._kernel)

        return self(x, "output", part)

    def _norm(self, x: Value, name: str) -> Value:
        return self._net.layer("layer_norm", x, name=f"{name}_norm", epsilon=self._epsilon)
