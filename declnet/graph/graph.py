"""A graph that is built by calling operators, each typed as it is made.

``graph.Conv(x, w, strides=[2, 2])`` spells every operator as the ONNX manual does. A wrong call raises on the
author's line. Equal calls give the same value: an expression that is written twice is computed once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import onnx
import onnx_ir as ir

from declnet.errors import GraphError
from declnet.graph.attributes import as_attribute, as_declared, as_dtype, hashable, natural_dtype
from declnet.graph.bodies import RANDOM, discard, maker, outputs
from declnet.graph.known import Known, follow
from declnet.graph.names import Names
from declnet.graph.operators import Operators
from declnet.graph.types import infer
from declnet.graph.value import Value, describe, dims, is_static, known_dims, may_equal
from declnet.target import OPSET

# (dtype, shape) of each output, or None for one that is left out.
Types = Sequence[tuple[Any, Any] | None]

_NAMES = sorted({schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""})


class Graph(Names, Operators):
    """A graph under construction.

    ``finite`` are the values that whoever made them promises to hold neither infinities nor NaN. ``foreign`` are the
    nodes of other domains than ai.onnx that were called for, in this order, those in bodies among them.

    Args:
        name: the graph's name in the ONNX file.
        opset: version of the ai.onnx operators.
        parent: the graph in whose node this one will be a body (of Scan, If, Loop); names are unique across both.
    """

    def __init__(self, name: str = "main", *, opset: int = OPSET, parent: Graph | None = None):
        super().__init__(parent)
        self.ir = ir.Graph([], [], nodes=[], opset_imports={"": opset}, name=name)
        self.opset = opset
        self.parent = parent
        self.finite: set[ir.Value] = parent.finite if parent else set()
        self.foreign: list[ir.Node] = parent.foreign if parent else []
        # What each call gave, and the call that made each node.
        self._made: dict[tuple, tuple[Value, ...]] = {}
        self._calls: dict[ir.Node, tuple] = {}
        self._constants: dict[tuple, Value] = {}
        # What is known of integer vectors that hold shapes: value -> dims.
        self._known: Known = {}
        self._replaced: dict[ir.Value, Value] = parent._replaced if parent else {}
        # Before which node what is made is put; None: at the end.
        self._place: ir.Node | None = None
        self._hidden: Collection[ir.Node] = ()

    @property
    def inputs(self) -> list[Value]:
        """The inputs, in order."""
        return cast("list[Value]", list(self.ir.inputs))

    # --- values that no operator makes -----------------------------------------------------------------------

    def input(self, name: str, dtype: Any, shape: Iterable[Any] | None) -> Value:
        """Add an input. *dtype*: anything numpy or onnx-ir calls a type; *shape*: ints, names, None."""
        value = Value(self, self.claim(name), as_dtype(dtype), shape)
        self.ir.inputs.append(value)
        return value

    def default(self, value: Value, content: Any) -> None:
        """Let the input *value* be *content* where a run does not give it."""
        value.const_value = ir.tensor(np.asarray(content, value.dtype.numpy()), name=value.name)
        self.ir.initializers[value.name] = value

    def initializer(self, name: str, array: np.ndarray) -> Value:
        """Add a named tensor that is stored in the model."""
        return self._store(self.claim(name), np.asarray(array))

    def constant(self, value: Any, dtype: Any = None) -> Value:
        """A tensor known now: a number, a list, a numpy array. Equal constants are stored once."""
        array = np.asarray(value, dtype=None if dtype is None else as_dtype(dtype).numpy())
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self._store(self.unique("constant", scoped=False), array)
        return self._constants[key]

    def output(self, value: Value, name: str | None = None) -> Value:
        """Make *value* an output, called *name* if that is given."""
        value = self.current(value)
        if name is not None and name != value.name:
            node = value.producer()
            if node is not None and node.graph is self.ir and not value.is_graph_output():
                value.name = self.claim(name)
            else:
                # Only here: an Identity of a value with other uses copies it in every run.
                value = self._emit("", "Identity", [value], {}, 1, None, [self.claim(name)])[0]
        self.ir.outputs.append(value)
        return value

    def alias(self, value: ir.Value) -> Value:
        """A value equal to *value* that is made by a node of this graph, a new one at each call: outputs need that."""
        return self._emit("", "Identity", [self.current(value)], {}, 1, None)[0]

    # --- operators -------------------------------------------------------------------------------------------

    def op(
        self,
        name: str,
        *inputs: Any,
        domain: str = "",
        outputs: int | None = None,
        types: Types | None = None,
        **attributes: Any,
    ) -> Any:
        """Emit an operator; return its output, or a tuple of them where there are several or *outputs* asks for some.

        Args:
            inputs: values; numbers, lists and arrays become constants; None leaves an optional input out.
            outputs: give a tuple of so many outputs; default: those that the operator must have.
            types: (dtype, shape) per output, for operators of other domains, which onnx cannot type; None for an
                optional output that is left out.

        Raises:
            GraphError: the operator does not exist, or types and shapes do not fit.
        """
        schema = None if domain else self._schema(name)
        count = outputs or (len(types) if types else max(1, schema.min_output if schema else 1))
        values = [None if value is None else self.current(value) for value in self._inputs(schema, inputs)]
        attributes = {key: as_declared(schema, key, _body(value)) for key, value in attributes.items()}
        key = (domain, name, tuple(values), hashable(attributes), count)
        made = self._made.get(key)
        if made is None or name in RANDOM:
            made = self._made[key] = self._emit(domain, name, values, attributes, count, types)
            self._calls[maker(made[0])] = key
        made = tuple(map(self.current, made))
        return made[0] if outputs is None and count == 1 else made

    def _schema(self, name: str) -> onnx.defs.OpSchema:
        if not onnx.defs.has(name, self.opset, ""):
            raise GraphError.unknown(f"ONNX has no operator {name!r} in opset {self.opset}", name, _NAMES)
        return onnx.defs.get_schema(name, self.opset, "")

    def _emit(
        self,
        domain: str,
        name: str,
        values: Sequence[ir.Value | None],
        attributes: Mapping[str, Any],
        count: int,
        types: Types | None,
        names: Sequence[str] | None = None,
    ) -> tuple[Value, ...]:
        if names is None:
            first = self.unique(name)
            names = [first, *(self.claim(f"{first}:{k}") for k in range(1, count))]
        if types is not None:
            names = [each if declared else "" for each, declared in zip(names, types)]
        outputs = [Value(self, each, None) for each in names]
        node = ir.Node(
            domain,
            name,
            values,
            [as_attribute(key, value) for key, value in attributes.items() if value is not None],
            outputs=outputs,
            name=names[0],
            metadata_props=dict(self.metadata),
        )
        if types is None:
            types = infer(node, self.opset, self._known)
        if name == "Constant" and not domain:
            outputs[0].const_value = ir.convenience.get_const_tensor(outputs[0])
        for value, (dtype, shape) in zip(outputs, (declared or (None, None) for declared in types)):
            value.type = ir.TensorType(as_dtype(dtype)) if dtype is not None else None
            value.shape = None if shape is None else ir.Shape(shape)
        self.put(node)
        if domain:
            self.ir.opset_imports.setdefault(domain, 1)
            self.foreign.append(node)
        return tuple(outputs)

    def put(self, node: ir.Node) -> None:
        """Add *node* at the end, or in the place of the one that is being replaced."""
        if self._place is None:
            self.ir.append(node)
        else:
            self.ir.insert_before(self._place, node)

    def _inputs(self, schema: onnx.defs.OpSchema | None, inputs: Iterable[Any]) -> list[Value | None]:
        """Turn numbers, lists and arrays among *inputs* into constants of the type that the operator expects."""
        values = list(inputs)
        if all(value is None or isinstance(value, ir.Value) for value in values):
            return values
        formal = [] if schema is None else list(schema.inputs)
        types = [formal[min(k, len(formal) - 1)].type_str if formal else None for k in range(len(values))]
        known = {t: v.dtype for t, v in zip(types, values) if isinstance(v, ir.Value)}
        for k, value in enumerate(values):
            if value is None or isinstance(value, ir.Value):
                continue
            dtype = None if isinstance(value, np.ndarray | np.generic) else known.get(types[k])
            if dtype is None and not isinstance(value, np.ndarray | np.generic):
                dtype = natural_dtype(value)
            values[k] = self.constant(value, dtype)
        return values

    def shape_of(self, value: Value) -> Value | list[int]:
        """The shape of *value* for an operator's input: a list where it is static, else a Shape operator."""
        static = value.shape is not None and is_static(known_dims(value))
        return list(known_dims(value)) if static and 0 not in known_dims(value) else self.Shape(value)

    def complete_outputs(self, node: ir.Node, count: int) -> None:
        """Make *node* give its first *count* outputs, of which it left optional ones out."""
        if len(node.outputs) < count:
            node.resize_outputs(count)
        absent = [value for value in outputs(node)[:count] if not value.name]
        for value in absent:
            value.name = self.unique(f"{node.outputs[0].name}:{value.index()}", scoped=False)
        if absent:
            for value, (dtype, shape) in zip(outputs(node), infer(node, self.opset, self._known)):
                if value in absent:
                    value.type, value.shape = ir.TensorType(as_dtype(dtype)), None if shape is None else ir.Shape(shape)

    def complete_types(self, node: ir.Node) -> None:
        """Infer what is not known of the types of *node*'s outputs, with what is known of its inputs."""
        if node.domain:
            return
        if all(_is_settled(value) for value in node.outputs):
            follow(node, self.opset, self._known)
            return
        try:
            found = infer(node, self.opset, self._known)
        except GraphError:
            return  # a type that a model leaves open
        for value, (dtype, shape) in zip(node.outputs, found):
            if dtype is not None and shape is not None:
                value.type = ir.TensorType(as_dtype(dtype))
                had = dims(value) or [None] * len(shape)
                value.shape = ir.Shape(new if isinstance(new, int) else old or new for old, new in zip(had, shape))

    def stamp(self, value: Value, like: ir.Value) -> Value:
        """Give *value* the type of *like*, where inference could not know it."""
        if like.shape is not None and (value.shape is None or None in known_dims(value)):
            value.shape = ir.Shape(like.shape)
        if value.dtype is None:
            value.type = like.type
        return value

    def forget(self, kept: Collection[ir.Value]) -> None:
        """Forget the values that are not *kept*, so that an equal call makes them again."""
        self._made = {key: made for key, made in self._made.items() if any(self.current(v) in kept for v in made)}
        self._calls = {node: call for node, call in self._calls.items() if call in self._made}
        self._constants = {key: value for key, value in self._constants.items() if value in kept}

    # --- replacing what was made -----------------------------------------------------------------------------

    def nodes(self, op: str, domain: str = "") -> list[ir.Node]:
        """The nodes of an operator, in order, without those in bodies; they may be replaced while one goes through."""
        made = [node for node in self.ir if (node.domain, node.op_type) == (domain, op)]
        return [node for node in made if node not in self._hidden]

    @contextlib.contextmanager
    def hiding(self, nodes: Collection[ir.Node]) -> Iterator[None]:
        """Leave *nodes* out of what ``nodes`` gives."""
        before, self._hidden = self._hidden, nodes
        try:
            yield
        finally:
            self._hidden = before

    @contextlib.contextmanager
    def replacing(self, node: ir.Node) -> Iterator[None]:
        """Make what follows in the place of *node*, in its scope, and remove it in the end.

        Raises:
            GraphError: an output of *node* has a reader, and nothing was substituted for it.
        """
        kept = {value.name for value in node.outputs if value.is_graph_output()}
        for name in {node.name, *(value.name for value in node.outputs)} - kept:
            self.release(name or "")
        before, self._place = self._place, node
        try:
            with self.at((node.name or "").rpartition("/")[0], node.metadata_props):
                yield
        finally:
            self._place = before
        self.remove(node)

    def remove(self, node: ir.Node) -> None:
        """Remove *node*, for whose outputs others stand now.

        Raises:
            GraphError: an output of *node* has a reader: nothing was substituted for it.
        """
        for value in node.outputs:
            if value.uses() or value.is_graph_output():
                raise GraphError(f"nothing was substituted for {value.name!r}, an output of a node that is replaced")
        if node in self._calls and not all(value in self._replaced for value in node.outputs):
            self._made.pop(self._calls[node], None)
        discard(self.ir, [node])

    def substitute(self, old: ir.Value, new: Value) -> None:
        """Let *new* stand for *old*: for all who read it, and for those who hold it and use it later (``current``).

        An output of the graph keeps its name. An expression of *old* that is made again is the one that there is. Where
        *new* is made behind a reader of *old*, ``graph.ir.sort()`` puts the nodes in order.

        Raises:
            GraphError: they are one value, or differ in type or shape.
        """
        new = self.current(new)
        self.stamp(new, old)
        if new is old or new.dtype != old.dtype or not may_equal(dims(new), dims(old)):
            what = f"{new.name!r}, {describe(new)}, cannot stand for {old.name!r}, {describe(old)}"
            raise GraphError(what, allowed="another value of the same type and shape")
        if old.is_graph_output():
            self._hand_over(old, new)
        for usage in old.uses():
            self._rekey(usage.node, old, new)
        ir.convenience.replace_all_uses_with(old, new)
        self._replaced[old] = new
        if old in self._known:
            self._known[new] = self._known[old]
        if old in self.finite:
            self.finite.add(new)

    def _hand_over(self, old: ir.Value, new: Value) -> None:
        """Make *new*, or a value equal to it, the output that *old* is, under its name."""
        node = new.producer()
        free = node is not None and node.graph is self.ir and not new.is_graph_output()
        named = new if free else self.alias(new)
        old.name, named.name = named.name, old.name
        self.ir.outputs[:] = [named if value is old else value for value in self.ir.outputs]

    def _rekey(self, reader: ir.Node, old: ir.Value, new: Value) -> None:
        """Let the call that made *reader* be known as one that reads *new* in place of *old*."""
        call = self._calls.get(reader)
        if call in self._made:
            made = self._made.pop(call)
            domain, name, inputs, *rest = call
            call = self._calls[reader] = (domain, name, tuple(new if v is old else v for v in inputs), *rest)
            self._made.setdefault(call, made)

    def current(self, value: ir.Value) -> Value:
        """What stands for *value* now: itself, or what was substituted for it."""
        while value in self._replaced:
            value = self._replaced[value]
        return cast(Value, value)

    def _store(self, name: str, array: np.ndarray) -> Value:
        tensor = ir.tensor(array.tolist() if array.dtype.kind == "U" else array, name=name)
        value = Value(self, name, tensor.dtype, tensor.shape)
        value.const_value = tensor
        self.ir.initializers[name] = value
        return value


def _body(value: Any) -> Any:
    return value.ir if isinstance(value, Graph) else value


def _is_settled(value: ir.Value) -> bool:
    """Whether each dim is known, by a number or by a name that the model gave it: onnx calls the others unk__0, ..."""
    lengths = dims(value)
    return lengths is not None and not any(d is None or (isinstance(d, str) and d.startswith("unk__")) for d in lengths)
