"""What a model holds besides its operators: parameters, states, fitted statistics, and the columns of its data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from declnet.data import Column
from declnet.errors import GraphError
from declnet.graph import Graph, Value
from declnet.graph.bodies import reads

# One tensor of more than 2 GiB is a slip of the pen, and no ONNX file can hold it without external data.
LARGEST = 2**29

# Operators whose output holds elements of their first input (Concat: of all), unchanged.
MOVING = {"Concat", "Expand", "Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}
# Those that keep the order of the elements, and all of them.
ORDERED = {"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}


@dataclass(frozen=True)
class Parameter:
    """A trainable float32 tensor. ``fans`` are (fan_in, fan_out) for initializers; ``layer`` declared it.

    ``constraint`` is a choice, or None: what each update is brought back to. ``incoming`` are the axes along which the
    weights into one unit lie; None: all but the last, of a vector its only one.
    """

    name: str
    shape: tuple[int, ...]
    initializer: Mapping
    fans: tuple[int, int]
    regularizer: Mapping | None
    trainable: bool
    layer: str
    constraint: Mapping | None = None
    incoming: tuple[int, ...] | None = None


@dataclass(frozen=True)
class State:
    """A float32 tensor that training updates otherwise than by gradients: running statistics."""

    name: str
    shape: tuple[int, ...]
    initial: float


@dataclass(frozen=True)
class Statistic:
    """A state that is fitted once, on the training split: *kind* of *value* over *axes*."""

    name: str
    shape: tuple[int, ...]
    kind: str
    axes: tuple[int, ...]
    value: Value


@dataclass
class Tensors:
    """The tensors of one graph, by name, each an input of the graph, in the order in which layers asked for them.

    ``penalties`` are what layers add to the loss: the layer's path and a scalar.
    """

    graph: Graph
    parameters: dict[str, Parameter] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    statistics: dict[str, Statistic] = field(default_factory=dict)
    features: dict[str, Column] = field(default_factory=dict)
    targets: dict[str, Column] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    updates: dict[str, Value] = field(default_factory=dict)
    penalties: list[tuple[str, Value]] = field(default_factory=list)

    def parameter(self, parameter: Parameter) -> Value:
        """The value of a parameter; a second request for a name shares it.

        Raises:
            GraphError: it is too large, or the second request has another shape.
        """
        held = self.parameters.setdefault(parameter.name, parameter)
        if held.shape != parameter.shape:
            raise GraphError(
                f"shared weight {held.name!r} has shape {held.shape}, but {parameter.shape} is needed here"
            )
        return self._value(parameter.name, parameter.shape)

    def state(self, state: State) -> Value:
        """The present value of a state: what an earlier update in the same graph made of it, if any."""
        self.states.setdefault(state.name, state)
        value = self._value(state.name, state.shape)
        return self.updates.get(state.name, value)

    def statistic(self, statistic: Statistic) -> Value:
        """The value of a fitted statistic."""
        self.statistics.setdefault(statistic.name, statistic)
        return self._value(statistic.name, statistic.shape)

    def below(self, value: Value, bound: int, least: int = 0) -> None:
        """Let *least* and *bound* (exclusive) bound the features that *value* is made of by moving elements only."""
        for name, column in self.features.items():
            if self.values[name] is value:
                self.features[name] = replace(
                    column, below=min(bound, column.below or bound), least=max(least, column.least)
                )
        node = value.producer()
        if node is not None and node.op_type in MOVING:
            sources = list(reads(node))
            for source in sources if node.op_type == "Concat" else sources[:1]:
                self.below(source, bound, least)

    def prefix(self, value: Value, size: int | None) -> None:
        """Let the feature that *value* is, in another shape at most, hold runs of *size* ones and then zeros."""
        for name, column in self.features.items():
            if self.values[name] is value:
                self.features[name] = replace(column, prefixes=column.prefixes | {size})
        node = value.producer()
        if node is not None and node.op_type in ORDERED:
            self.prefix(next(reads(node)), size)

    def at_most(self, name: str, size: int) -> None:
        """Let the axes called *name* of features have at most *size* entries."""
        for key, column in self.features.items():
            if name in column.shape:
                limits = {**column.limits, name: min(size, column.limits.get(name, size))}
                self.features[key] = replace(column, limits=limits)

    @property
    def held(self) -> tuple[str, ...]:
        """The names of all tensors that a trained model stores: parameters, states, statistics."""
        return (*self.parameters, *self.states, *self.statistics)

    def _value(self, name: str, shape: tuple[int, ...]) -> Value:
        if name not in self.values:
            if math.prod(shape) > LARGEST:
                raise GraphError(f"{name!r} of shape {shape} would have {math.prod(shape):,} numbers", code="DN1403")
            self.values[name] = self.graph.input(name, "float32", shape)
        return self.values[name]
