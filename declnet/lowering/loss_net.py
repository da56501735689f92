"""What a loss sees of the graph: ``net``, with which it declares its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from declnet.data import Column
from declnet.graph import Value
from declnet.lowering.net import Net
from declnet.lowering.tensors import Tensors
from declnet.plugins import Plugins
from declnet.wording import type_text


class LossNet(Net):
    """What a loss sees: a net that can declare the target.

    Args:
        target: the name of a column, or a number that stands for the whole target; None: the loss has none.
    """

    def __init__(
        self, tensors: Tensors, plugins: Plugins, path: str, *, training: bool, target: str | float | None = None
    ):
        super().__init__(tensors, plugins, path, training=training)
        self._target = target

    def target(self, dtype: str, shape: Sequence[Any], below: int | None = None) -> Value:
        """Declare the target column and return its values.

        Args:
            shape: with the batch axis, the first of the prediction's.
            below: integer targets lie in 0 .. below - 1; checked when the data are loaded.

        Raises:
            LayerError: the loss has no target, or the column is a feature, or the target of another loss, of another
                type or shape.
        """
        if self._target is None:
            hint = "remove target=False from its decorator"
            raise self.error("it asks for a target, and says that it has none", code="DN2001", hint=hint)
        if isinstance(self._target, int | float):
            return self._constant_target(dtype, shape, self._target)
        return self.column("target", self._target, dtype, shape, below)

    def column(self, key: str, name: str, dtype: str, shape: Sequence[Any], below: int | None = None) -> Value:
        """Declare the column *name*, which the spec asks for at *key* of this loss, and return its values.

        Sample weights below 0 are refused when the data are loaded.

        Raises:
            LayerError: the column is a feature, or declared by another loss, of another type or shape.
        """
        tensors = self.tensors
        named = {dim for feature in tensors.features.values() for dim in feature.shape if isinstance(dim, str)}
        sizes = [dim if isinstance(dim, int | str | None) else dim.value for dim in shape[1:]]
        column = Column(name, dtype, tuple(n if isinstance(n, int) or n in named else None for n in sizes), below)
        columns = tensors.features if name in tensors.features else tensors.targets
        held = columns.setdefault(name, column)
        if key == "sample_weight":
            columns[name] = replace(held, nonnegative=True)
        if held is column:
            tensors.values[name] = self.graph.input(name, dtype, ["N", *shape[1:]])
        elif held.dtype != column.dtype or not self.fits(held.shape, column.shape):
            raise self.error(
                f"column {name!r} cannot be this {key}",
                property=key,
                found=type_text(held.dtype, ("N", *held.shape)),
                allowed=type_text(column.dtype, ("N", *column.shape)),
            )
        return tensors.values[name]

    def _constant_target(self, dtype: str, shape: Sequence[Any], number: float) -> Value:
        """*number* in the shape of the target, as many rows as the batch has."""
        if not all(isinstance(dim, int) for dim in shape[1:]):
            raise self.error("a number cannot stand for a target of unknown size", property="target", found=str(number))
        like = next(self.tensors.values[name] for name in self.tensors.features)
        rows = self.graph.Shape(like, start=0, end=1)
        value = self.constant(np.full([1, *shape[1:]], number), dtype)
        return self.graph.stamp(
            self.Expand(value, self.Concat(rows, [*shape[1:]], axis=0) if len(shape) > 1 else rows),
            Value(self.graph, "", None, [like.shape[0], *shape[1:]]),
        )
