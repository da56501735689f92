"""What a layer, loss, optimizer or schedule sees of the graph: ``net``.

Capital first letter: an ONNX operator (``net.Conv(...)``). Small first letter: declnet.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from declnet.component import Component
from declnet.data import Column
from declnet.errors import DeclnetError, GraphError
from declnet.graph import Graph, Value, dims
from declnet.lowering.random import Random
from declnet.lowering.tensors import Parameter, State, Statistic, Tensors
from declnet.plugins import Plugins


class LayerError(DeclnetError):
    """A component refuses its properties or inputs; ``property`` says where in its object."""

    code = "DN1402"

    def __init__(self, message: str, property: str | None, **facts):
        super().__init__(message, **facts)
        self.property = property


class Net:
    """A graph in which one component is being lowered.

    Args:
        path: name of the layer, the prefix of the names of its weights.
        training: whether the training graph is being built (dropout drops, batch norm uses the batch).
        trainable: whether weights asked for here are trained.
    """

    def __init__(self, tensors: Tensors, plugins: Plugins, path: str, *, training: bool, trainable: bool = True):
        self.graph: Graph = tensors.graph
        self.tensors = tensors
        self.plugins = plugins
        self.path = path
        self.training = training
        self._trainable = trainable
        self._children: Counter = Counter()

    def __getattr__(self, name: str):
        if name[:1].isupper():
            return getattr(self.graph, name)
        raise AttributeError(f"net has no {name!r}; ONNX operators begin with a capital letter")

    def op(self, name: str, *inputs, **keywords):
        """Emit an operator of another domain: ``net.op("Gelu", x, domain="com.microsoft", types=[...])``."""
        return self.graph.op(name, *inputs, **keywords)

    def constant(self, value, dtype=None) -> Value:
        """A tensor known now."""
        return self.graph.constant(value, dtype)

    def weight(
        self,
        name: str,
        shape: Sequence[int],
        initializer: str | Mapping,
        fans: tuple[int, int] | None = None,
        regularizer: Mapping | None = None,
        constraint: Mapping | None = None,
    ) -> Value:
        """A trainable float32 tensor.

        Args:
            initializer: a choice: ``"zeros"``, or an object with "type".
            fans: (fan_in, fan_out) for the initializer; default: all axes but the last, and the last.
            regularizer: a choice, or None: what is added to the loss.
            constraint: a choice, or None: what each update is brought back to.

        Raises:
            LayerError: a dimension is not known when the graph is built.
        """
        shape = self._static(name, shape)
        fans = fans or (math.prod(shape[:-1]), shape[-1] if shape else 1)
        full = f"{self.path}/{name}"
        choice = self.choice("initializer", initializer)
        parameter = Parameter(full, shape, choice, fans, regularizer, self._trainable, self.path, constraint)
        return self.tensors.parameter(parameter)

    def state(self, name: str, shape: Sequence[int], value: float) -> Value:
        """A float32 tensor that starts filled with *value* and becomes what ``update`` says."""
        return self.tensors.state(State(f"{self.path}/{name}", self._static(name, shape), value))

    def update(self, name: str, value: Value) -> None:
        """Let *value* be the state *name* after this training step."""
        full = f"{self.path}/{name}"
        if full not in self.tensors.states:
            raise GraphError(f"net.update of {full!r}, which net.state has not declared")
        self.tensors.updates[full] = value

    def penalty(self, value: Value) -> None:
        """Add a scalar to the loss, in training as in evaluation."""
        self.tensors.penalties.append((self.path, value))

    def statistic(self, name: str, x: Value, kind: str, axes: Sequence[int]) -> Value:
        """A tensor fitted on the training split before the first step: *kind* of *x* over *axes*, kept as 1.

        Args:
            kind: "mean", "standard_deviation" (population), "minimum" or "maximum".
            axes: axes to reduce; axis 0, the rows, must be among them.
        """
        axes = tuple(axis % x.rank for axis in axes)
        shape = self._static(name, [1 if k in axes else dim for k, dim in enumerate(x.shape)])
        return self.tensors.statistic(Statistic(f"{self.path}/{name}", shape, kind, axes, x))

    def below(self, x: Value, bound: int, least: int = 0) -> None:
        """Require that the integers *x* lie in least .. bound - 1.

        It is checked when data are loaded, of every input of the model that *x* is, or is rearranged from.
        """
        self.tensors.below(x, bound, least)

    @property
    def random(self) -> Random:
        """Random numbers, a function of (seed, step, this place)."""
        if "random" not in self.__dict__:
            # By the place in the graph, not by the weights: a layer that is shared draws anew in each of its uses.
            place = self.graph.path("random")
            self.__dict__["random"] = Random(self.graph, self._scalar("seed"), self._scalar("step"), place)
        return self.__dict__["random"]

    def layer(self, type: str, *inputs: Value, name: str | None = None, **properties):
        """Lower another layer as a part of this one."""
        count = self._children[type]
        self._children[type] += 1
        name = name or (f"{type}_{count}" if count else type)
        below = Net(
            self.tensors, self.plugins, f"{self.path}/{name}", training=self.training, trainable=self._trainable
        )
        component = self._component("layer", type)
        with self.graph.scope(name, **self.graph.metadata):
            return component(below, *inputs, **complete(component, properties))

    def activation(self, x: Value, choice: str | Mapping) -> Value:
        """Apply an activation: ``"relu"``, or an object with "type"."""
        return self.apply("activation", choice, x)

    def apply(self, kind: str, choice: str | Mapping, *arguments):
        """Call the component of *kind* that a spec chose."""
        choice = self.choice(kind, choice)
        properties = {key: value for key, value in choice.items() if key != "type"}
        return self._component(kind, choice["type"])(self, *arguments, **properties)

    def choice(self, kind: str, choice: str | Mapping) -> Mapping:
        """A choice as an object with every property."""
        choice = {"type": choice} if isinstance(choice, str) else choice
        component = self._component(kind, choice["type"])
        given = {key: value for key, value in choice.items() if key != "type"}
        return {"type": choice["type"], **complete(component, given)}

    def error(self, message: str, *, property: str | None = None, **facts) -> LayerError:
        """An error to raise, shown at *property* of this layer in the spec; facts: found, allowed, hint."""
        return LayerError(message, property, **facts)

    def _component(self, kind: str, type: str) -> Component:
        components = self.plugins.components(kind)
        if type not in components:
            raise self.error(f"there is no {kind} {type!r}", allowed=", ".join(components), code="DN1105")
        return components[type]

    def _static(self, name: str, shape: Sequence) -> tuple[int, ...]:
        if not all(isinstance(dim, int) for dim in shape):
            shown = ", ".join("?" if dim is None else str(dim) for dim in shape)
            raise self.error(f"the shape of {name!r} must be known when the graph is built", found=f"({shown})")
        return tuple(shape)

    def _scalar(self, name: str) -> Value:
        """A scalar int64 input of the whole graph: seed, step. In a graph that does not train it is 0 unless given."""
        values = self.tensors.values
        if name not in values:
            values[name] = self.graph.input(name, "int64", [])
            if not self.training:
                self.graph.default(values[name], 0)
        return values[name]


class LossNet(Net):
    """What a loss sees: a net that can declare the target.

    Args:
        target: the name of a column, or a number that stands for the whole target.
    """

    def __init__(self, *arguments, target: str | float, **keywords):
        super().__init__(*arguments, **keywords)
        self._target = target

    def target(self, dtype: str, shape: Sequence, below: int | None = None) -> Value:
        """Declare the target column and return its values.

        Args:
            shape: with the batch axis, the first of the prediction's.
            below: integer targets lie in 0 .. below - 1; checked when the data are loaded.

        Raises:
            LayerError: the column is a feature, or the target of another loss, of another type or shape.
        """
        if isinstance(self._target, int | float):
            return self._constant_target(dtype, shape, self._target)
        return self.column("target", self._target, dtype, shape, below)

    def column(self, key: str, name: str, dtype: str, shape: Sequence, below: int | None = None) -> Value:
        """Declare the column *name*, which the spec asks for at *key* of this loss, and return its values.

        Raises:
            LayerError: the column is a feature, or declared by another loss, of another type or shape.
        """
        tensors = self.tensors
        column = Column(name, dtype, tuple(dim if isinstance(dim, int) else None for dim in shape[1:]), below)
        held = tensors.features.get(name) or tensors.targets.get(name)
        if held is None:
            tensors.targets[name] = column
            tensors.values[name] = self.graph.input(name, dtype, ["N", *shape[1:]])
        elif (held.dtype, held.shape) != (column.dtype, column.shape):
            raise self.error(
                f"column {name!r} cannot be this {key}",
                property=key,
                found=f"{held.dtype} {_shown(held.shape)}",
                allowed=f"{column.dtype} {_shown(column.shape)}",
            )
        return tensors.values[name]

    def _constant_target(self, dtype: str, shape: Sequence, number: float) -> Value:
        """*number* in the shape of the target, as many rows as the batch has."""
        like = next(self.tensors.values[name] for name in self.tensors.features)
        rows = self.graph.Shape(like, start=0, end=1)
        value = self.constant(np.full([1, *shape[1:]], number), dtype)
        return self.graph.stamp(
            self.Expand(value, self.Concat(rows, [*shape[1:]], axis=0) if len(shape) > 1 else rows),
            Value(self.graph, "", None, [like.shape[0], *shape[1:]]),
        )


def complete(component: Component, given: Mapping) -> dict:
    """The properties of *component*: what is given, else the schema's defaults.

    Raises:
        LayerError: a property is unknown, or a required one is missing.
    """
    properties = component.properties
    unknown = sorted(set(given) - set(properties))
    lacking = sorted(key for key in component.schema.get("required", ()) if key not in given)
    if unknown or lacking:
        what = [f"has no property {key!r}" for key in unknown] + [f"needs property {key!r}" for key in lacking]
        raise LayerError(
            f"{component.kind} {component.type!r} {' and '.join(what)}", None, allowed=", ".join(properties)
        )
    return {key: given.get(key, schema.get("default")) for key, schema in properties.items()}


def _shown(shape) -> str:
    return "(" + ", ".join(["N", *("?" if dim is None else str(dim) for dim in shape)]) + ")"


def shown(value: Value) -> str:
    """``float32 (N, 3)``: type and shape of *value* for a message."""
    shape = ", ".join("?" if dim is None else str(dim) for dim in dims(value) or ())
    return f"{_NAMES.get(value.dtype.name, value.dtype.name.lower())} ({shape})"


_NAMES = {"FLOAT": "float32", "DOUBLE": "float64", "FLOAT16": "float16"}
