"""What a layer, loss, optimizer or schedule sees of the graph: ``net``.

Capital first letter: an ONNX operator (``net.Conv(...)``). Small first letter: declnet.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from declnet.autodiff.loops import fold
from declnet.component import WEIGHT_PROPERTIES, Choice, Component
from declnet.errors import DeclnetError, GraphError
from declnet.graph import Graph, Operators, Value, describe, known_dims, may_equal
from declnet.lowering.random import Random
from declnet.lowering.statistics import REDUCTIONS
from declnet.lowering.tensors import Parameter, State, Statistic, Tensors
from declnet.plugins import Plugins
from declnet.wording import command, listed, shape_text


class LayerError(DeclnetError):
    """A component refuses its properties or inputs; ``property`` says where in its object."""

    code = "DN1402"

    def __init__(self, message: str, property: str | None = None, **facts: Any):
        super().__init__(message, **facts)
        self.property = property


class Net(Operators):
    """A graph in which one component is being lowered.

    Args:
        path: name of the layer, the prefix of the names of its weights.
        training: whether the training graph is being built (dropout drops, batch norm uses the batch).
        trainable: whether weights asked for here are trained.
        graph: the graph to write in: that of the tensors, or the body of a loop in it.

    ``unread`` are the weights that the schema declares and the layer has not asked for yet.
    """

    def __init__(
        self,
        tensors: Tensors,
        plugins: Plugins,
        path: str,
        *,
        training: bool,
        trainable: bool = True,
        graph: Graph | None = None,
    ):
        self.graph: Graph = graph or tensors.graph
        self.tensors = tensors
        self.plugins = plugins
        self.path = path
        self.training = training
        self._trainable = trainable
        self._children: Counter[str] = Counter()
        self._weights: dict[str, dict[str, Any]] = {}
        self.unread: set[str] = set()

    def op(self, name: str, *inputs: Any, **keywords: Any) -> Any:
        """Emit an operator of another domain: ``net.op("Gelu", x, domain="com.microsoft", types=[...])``."""
        return self.graph.op(name, *inputs, **keywords)

    def constant(self, value: Any, dtype: Any = None) -> Value:
        """A tensor known now."""
        return self.graph.constant(value, dtype)

    def lower(self, component: Component, inputs: Sequence[Value], given: Mapping[str, Any]) -> Any:
        """Lower a layer or an activation in this net: by its function, with what is *given* of its properties.

        Raises:
            LayerError: a property is unknown, or a required one is missing.
        """
        properties = complete(component, given)
        self._weights = {
            name: {kind: properties.pop(f"{name}_{kind}") for kind in WEIGHT_PROPERTIES} for name in component.weights
        }
        self.unread = set(self._weights)
        return self.call(component, *inputs, **properties)

    def call(self, component: Component, /, *arguments: Any, **properties: Any) -> Any:
        """Call the function of *component*, of any kind, in this net; every property must be given.

        Raises:
            LayerError: the graph trains, and a state that is declared within gets no update within.
        """
        before = set(self.tensors.states)
        result = component(self, *arguments, **properties)
        for name in self.tensors.states if self.training else ():
            if name not in before and name not in self.tensors.updates:
                call = f"net.update({name.rpartition('/')[2]!r}, value)"
                hint = f"call {call} where net.training is true; what never changes is a net.constant"
                raise self.error(f"state {name!r} is declared and never updated", hint=hint)
        return result

    def weight(
        self,
        name: str,
        shape: Sequence[int],
        initializer: Choice | None = None,
        *,
        declared: str | None = None,
        fans: tuple[int, int] | None = None,
        incoming: Sequence[int] | None = None,
    ) -> Value:
        """A trainable float32 tensor.

        Args:
            initializer: its first values, where no spec chooses them; default: what the spec chose for the weight
                that the schema of the layer declares, and its regularizer and constraint.
            declared: the name of that weight in the schema; default: *name*.
            fans: (fan_in, fan_out) for the initializer; default: all axes but the last, and the last.
            incoming: the axes along which the weights into one unit lie, for constraints of norms; default: all but
                the last, of a vector its only one. Empty: no axes hold the weights of one unit alone.

        Raises:
            LayerError: a dimension is not known when the graph is built, or the schema declares no such weight.
        """
        shape = self._static(name, shape)
        chosen: Mapping[str, Any] = {"initializer": initializer}
        if initializer is None:
            chosen = self._chosen(declared or name)
        parameter = Parameter(
            name=f"{self.path}/{name}",
            shape=shape,
            initializer=self.choice("initializer", chosen["initializer"]),
            fans=fans or (math.prod(shape[:-1]), shape[-1] if shape else 1),
            regularizer=chosen.get("regularizer"),
            trainable=self._trainable,
            layer=self.path,
            constraint=chosen.get("constraint"),
            incoming=None if incoming is None else tuple(incoming),
        )
        return self.tensors.parameter(parameter)

    def chosen(self, *names: str, **others: str) -> dict[str, Any]:
        """The properties that hand on, to a layer within this one, what the spec chose for weights of this one.

        ``net.layer("dense", x, units=4, **net.chosen("kernel", "bias"))``; where the two layers call a weight by
        different names, ``**net.chosen(kernel="recurrent")`` gives theirs what was chosen for ours.

        Raises:
            LayerError: the schema declares no such weight.
        """
        return {
            f"{theirs}_{kind}": choice
            for theirs, ours in {**dict(zip(names, names)), **others}.items()
            for kind, choice in self._chosen(ours).items()
        }

    def scan(
        self,
        step: Callable[[Net, list[Value], list[Value]], tuple[list[Value], list[Value]]],
        states: Sequence[Value],
        sequences: Sequence[Value],
        *,
        backward: bool = False,
    ) -> tuple[list[Value], list[Value]]:
        """Run ``step(net, states, items) -> (states, results)`` over the steps of *sequences*; ONNX Scan.

        Args:
            step: emits what happens at each step, by the operators of the net that it is given or on values that it
                has made. Random numbers are the same at every step; ``update``, ``penalty`` and ``statistic`` are
                refused in it.
            states: the values before the first step; a step keeps their shapes.
            sequences: (N, steps, ...) each, at least one; *items* are what they hold at one step, (N, ...).
            backward: begin at the last step.

        Returns:
            The last states; and of each result the values of all steps, (N, steps, ...).
        """

        place = f"scan_{self._children['scan']}"
        self._children["scan"] += 1

        def inside(body: Graph, states: list[Value], items: list[Value]) -> tuple[list[Value], list[Value]]:
            training, trainable = self.training, self._trainable
            net = Net(self.tensors, self.plugins, self.path, training=training, trainable=trainable, graph=body)
            net._children, net._weights, net.unread = self._children, self._weights, self.unread
            with body.scope(place, **self.graph.metadata):
                new, results = step(net, states, items)
            if len(new) != len(states) or not all(self.fits(a.shape, b.shape) for a, b in zip(new, states)):
                raise GraphError(
                    "a step of net.scan gives states of other shapes than it takes",
                    found=", ".join(map(describe, new)),
                    allowed=", ".join(map(describe, states)),
                )
            return new, results

        return fold(self.graph, inside, states, sequences, axis=1, backward=backward)

    def incoming(self, weight: Value) -> tuple[int, ...]:
        """The axes along which the weights into one unit lie, of the *weight* that a constraint or regularizer gets."""
        held = self.tensors.parameters.get(self.path)
        declared = held.incoming if held else None
        return tuple(range(max(1, len(weight.shape) - 1))) if declared is None else declared

    def state(self, name: str, shape: Sequence[int], value: float) -> Value:
        """A float32 tensor that starts filled with *value* and becomes what ``update`` says."""
        return self.tensors.state(State(f"{self.path}/{name}", self._static(name, shape), value))

    def update(self, name: str, value: Value) -> None:
        """Let *value* be the state *name* after this training step."""
        self._outside_of_loops("update")
        full = f"{self.path}/{name}"
        if full not in self.tensors.states:
            raise GraphError(f"net.update of {full!r}, which net.state has not declared")
        self.tensors.updates[full] = value

    def penalty(self, value: Value) -> None:
        """Add a scalar to the loss, in training as in evaluation."""
        self._outside_of_loops("penalty")
        self.tensors.penalties.append((self.path, value))

    def statistic(self, name: str, x: Value, kind: str, axes: Sequence[int]) -> Value:
        """A tensor fitted on the training split before the first step: *kind* of *x* over *axes*, kept as 1.

        Args:
            kind: "mean", "standard_deviation" (population), "minimum" or "maximum".
            axes: axes to reduce; axis 0, the rows, must be among them.

        Raises:
            LayerError: there is no such kind, or a size is not known when the graph is built.
        """
        self._outside_of_loops("statistic")
        if kind not in REDUCTIONS:
            raise LayerError.unknown(f"there is no statistic {kind!r}", kind, REDUCTIONS)
        axes = tuple(axis % x.rank for axis in axes)
        shape = self._static(name, [1 if k in axes else dim for k, dim in enumerate(x.shape)])
        return self.tensors.statistic(Statistic(f"{self.path}/{name}", shape, kind, axes, x))

    def below(self, x: Value, bound: int, least: int = 0) -> None:
        """Require that the integers *x* lie in least .. bound - 1.

        It is checked when data are loaded, of every input of the model that *x* is, or is rearranged from.
        """
        self.tensors.below(x, bound, least)

    def prefix(self, mask: Value) -> None:
        """Require that *mask* holds ones and then zeros along its last axis, at least one 1.

        It is checked when data are loaded, of the input of the model that *mask* is, in another shape at most; what is
        computed in the graph is not checked.
        """
        size = mask.shape[-1]
        self.tensors.prefix(mask, size if isinstance(size, int) else None)

    def finite(self, x: Value) -> None:
        """Promise that *x* holds neither infinities nor NaN while the model's weights and inputs are of ordinary size.

        Then a pass may take what chooses between *x* and a number by a product, which an infinity would make NaN.
        """
        self.graph.finite.add(x)

    def at_most(self, x: Value, axis: int, size: int) -> None:
        """Require that *axis* of *x*, whose size is not known yet, has at most *size* entries.

        It is checked when data are loaded, where an input of the model has an axis of the same name.
        """
        name = known_dims(x)[axis]
        if isinstance(name, str):
            self.tensors.at_most(name, size)

    @property
    def random(self) -> Random:
        """Random numbers, a function of (seed, step, this place)."""
        if "random" not in self.__dict__:
            # By the place in the graph, not by the weights: a layer that is shared draws anew in each of its uses.
            place = self.graph.path("random")
            self.__dict__["random"] = Random(self.graph, self._scalar("seed"), self._scalar("step"), place)
        return self.__dict__["random"]

    def layer(self, type: str, *inputs: Value, name: str | None = None, **properties: Any) -> Any:
        """Lower another layer as a part of this one."""
        count = self._children[type]
        self._children[type] += 1
        name = name or (f"{type}_{count}" if count else type)
        training, trainable = self.training, self._trainable
        below = Net(
            self.tensors, self.plugins, f"{self.path}/{name}", training=training, trainable=trainable, graph=self.graph
        )
        component = self._component("layer", type)
        with self.graph.scope(name, **self.graph.metadata):
            return below.lower(component, inputs, properties)

    def activation(self, x: Value, choice: Choice) -> Value:
        """Apply an activation: ``"relu"``, or an object with "type"."""
        return self.apply("activation", choice, x)

    def apply(self, kind: str, choice: Choice, *arguments: Any) -> Any:
        """Call the component of *kind* that a spec chose."""
        choice = self.choice(kind, choice)
        properties = {key: value for key, value in choice.items() if key != "type"}
        return self.call(self._component(kind, choice["type"]), *arguments, **properties)

    def choice(self, kind: str, choice: Choice) -> Mapping[str, Any]:
        """A choice as an object with every property."""
        choice = {"type": choice} if isinstance(choice, str) else choice
        component = self._component(kind, choice["type"])
        given = {key: value for key, value in choice.items() if key != "type"}
        return {"type": choice["type"], **complete(component, given)}

    @staticmethod
    def fits(shape: Sequence[Any] | None, wanted: Sequence[Any] | None) -> bool:
        """Whether two shapes may be equal: what is not known, or a size known by name alone, fits any."""
        return may_equal(shape, wanted)

    @staticmethod
    def shown(shape: Sequence[Any] | None) -> str:
        """``(N, ?, 3)``: a shape for a message."""
        return shape_text(shape)

    def error(self, message: str, *, property: str | None = None, **facts: Any) -> LayerError:
        """An error to raise, shown at *property* of this layer in the spec; facts: found, allowed, hint."""
        return LayerError(message, property, **facts)

    def _chosen(self, name: str) -> Mapping[str, Any]:
        """What the spec chose for the weight that the schema declares by this name."""
        if name not in self._weights:
            raise self.error(
                f"the schema of {self.path!r} declares no weight {name!r}",
                code="DN2001",
                found=repr(name),
                allowed=", ".join(map(repr, self._weights)) or "it declares none",
                hint=f'add "weights": {{"{name}": "glorot_uniform"}} to it, or give net.weight an initializer',
            )
        self.unread.discard(name)
        return self._weights[name]

    def _outside_of_loops(self, what: str) -> None:
        if self.graph is not self.tensors.graph:
            hint = "let the step give the value as a result, and use it after the loop"
            raise GraphError(f"net.{what} within a step of net.scan", hint=hint)

    def _component(self, kind: str, type: str) -> Component:
        components = self.plugins.components(kind)
        if type not in components:
            raise LayerError.unknown(f"there is no {kind} {type!r}", type, components, command(kind), code="DN1105")
        return components[type]

    def _static(self, name: str, shape: Sequence[Any]) -> tuple[int, ...]:
        if not all(isinstance(dim, int) for dim in shape):
            message = f"the shape of {name!r} must be known when the graph is built"
            raise self.error(message, found=shape_text(shape))
        return tuple(shape)

    def _scalar(self, name: str) -> Value:
        """A scalar int64 input of the whole graph: seed, step. In a graph that does not train it is 0 unless given."""
        values = self.tensors.values
        if name not in values:
            values[name] = self.tensors.graph.input(name, "int64", [])
            if not self.training:
                self.tensors.graph.default(values[name], 0)
        return values[name]


def complete(component: Component, given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of *component*: what is given, else the schema's defaults.

    Raises:
        LayerError: a property is unknown, or a required one is missing.
    """
    properties = component.properties
    unknown = sorted(set(given) - set(properties))
    lacking = sorted(key for key in component.schema.get("required", ()) if key not in given)
    if unknown or lacking:
        what = [f"has no property {key!r}" for key in unknown] + [f"needs property {key!r}" for key in lacking]
        allowed = listed(properties, (*unknown, None)[0], command(component.kind, component.type))
        raise LayerError(f"{component.kind} {component.type!r} {' and '.join(what)}", allowed=allowed)
    return {key: given.get(key, schema.get("default")) for key, schema in properties.items()}
