"""What a model costs before it has run: output shape, parameters, work and memory of each declared layer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import onnx

from declnet import passes
from declnet.graph import dims, to_model
from declnet.lowering import Lowered, State, Statistic
from declnet.target import STANDARD

if TYPE_CHECKING:
    from declnet.spec import LayerSpec

# The shape of a value all of whose sizes are known.
Shape = tuple[int, ...]

COUNTED = "multiply-adds of Conv, ConvTranspose, Einsum, Gemm, MatMul, GRU, LSTM and RNN"


@dataclass(frozen=True)
class Row:
    """One declared layer, or a block of them.

    ``parameters`` counts trained numbers and ``fixed`` those that a gradient does not change (frozen weights, running
    statistics, fitted statistics); weights that are shared count where they are first declared. ``multiply_adds`` and
    ``activation_bytes`` are for one row of data: the work of the operators of COUNTED, and the size of all values that
    the layer computes. None: a size is not known before the model runs.

    A block has no ``type``; it takes what its first layer takes, gives what its last gives, and its figures are sums.
    """

    name: str
    type: str | None
    inputs: tuple[str, ...]
    shape: tuple[int | str | None, ...]
    parameters: int
    fixed: int
    multiply_adds: int | None
    activation_bytes: int | None


@dataclass(frozen=True)
class Summary:
    """The rows of a model: its layers, in the order of the spec."""

    name: str
    rows: tuple[Row, ...]

    @property
    def total(self) -> Row:
        """The sums over all layers."""
        return _block(self.name, self.rows)

    def tree(self, depth: int | None = None) -> Iterator[tuple[int, Row]]:
        """(level, row) of each block and layer in the order of the spec: a block, then what is in it, one level deeper.

        Args:
            depth: the number of levels; what lies deeper is counted in its block alone. None: all.
        """
        return _branches(self.rows, 0, depth)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``; "blocks" are those of the tree, by their whole names."""
        total = self.total
        return {
            "name": self.name,
            "layers": [asdict(row) for row in self.rows],
            "blocks": [asdict(row) for _, row in self.tree() if row.type is None],
            "total_parameters": total.parameters,
            "total_fixed": total.fixed,
            "total_multiply_adds": total.multiply_adds,
            "total_activation_bytes": total.activation_bytes,
            "counted": COUNTED,
        }


def _branches(rows: Sequence[Row], level: int, depth: int | None) -> Iterator[tuple[int, Row]]:
    """The *rows*, which are alike in the first *level* parts of their names, as ``Summary.tree`` gives them."""
    for parts, group in itertools.groupby(rows, lambda row: row.name.split("/")[: level + 1]):
        inside, name = list(group), "/".join(parts)
        if inside[0].name == name:
            yield level, inside[0]
            continue
        yield level, _block(name, inside)
        if depth is None or level + 1 < depth:
            yield from _branches(inside, level + 1, depth)


def _block(name: str, rows: Sequence[Row]) -> Row:
    return Row(
        name=name,
        type=None,
        inputs=rows[0].inputs,
        shape=rows[-1].shape,
        parameters=sum(row.parameters for row in rows),
        fixed=sum(row.fixed for row in rows),
        multiply_adds=_sum(row.multiply_adds for row in rows),
        activation_bytes=_sum(row.activation_bytes for row in rows),
    )


def summarise(lowered: Lowered) -> Summary:
    """Count what the inference graph of a spec holds and does, layer by layer, without running it.

    Args:
        lowered: its layers as they are when they do not train, without mistakes; passes for the target "standard"
            change them.
    """
    passes.run(lowered.graph, STANDARD, lowered.plugins.passes)
    costs, spec = _costs(lowered), lowered.spec
    return Summary(spec.name, tuple(_row(lowered, layer, *costs.get(layer.pointer, (0, 0))) for layer in spec.layers))


def _row(lowered: Lowered, layer: LayerSpec, work: int | None, memory: int | None) -> Row:
    tensors, prefix = lowered.tensors, f"{layer.name}/"
    own = [parameter for parameter in tensors.parameters.values() if parameter.name.startswith(prefix)]
    held: list[State | Statistic] = [*tensors.states.values(), *tensors.statistics.values()]
    fixed = [parameter.shape for parameter in own if not parameter.trainable]
    fixed += [each.shape for each in held if each.name.startswith(prefix)]
    return Row(
        name=layer.name,
        type=layer.type,
        inputs=tuple(layer.inputs),
        shape=dims(lowered.results[layer.name]) or (),
        parameters=sum(math.prod(parameter.shape) for parameter in own if parameter.trainable),
        fixed=sum(map(math.prod, fixed)),
        multiply_adds=work,
        activation_bytes=memory,
    )


def _costs(lowered: Lowered) -> dict[str, tuple[int | None, int | None]]:
    """Multiply-adds and bytes by the pointer of the layer that each node belongs to, for a batch of one row."""
    model = to_model(lowered.graph)
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param == "N":
                dim.dim_value = 1
    del model.graph.value_info[:]
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    types = _types(model.graph)
    shapes = {name: _shape(type) for name, type in types.items()}
    shapes |= {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    work: dict[str, list[int | None]] = {}
    memory: dict[str, list[int | None]] = {}
    by_row = set(lowered.tensors.features)
    for node in model.graph.node:
        if by_row.isdisjoint(node.input):
            continue
        by_row.update(node.output)
        place = next((entry.value for entry in node.metadata_props if entry.key == "declnet.path"), "")
        work.setdefault(place, []).append(_multiply_adds(node, shapes))
        memory.setdefault(place, []).extend(_bytes(types.get(name), shapes.get(name)) for name in node.output if name)
    return {place: (_sum(work[place]), _sum(memory[place])) for place in work}


def _multiply_adds(node: onnx.NodeProto, shapes: Mapping[str, Shape | None]) -> int | None:
    """The multiplications, each with an addition, that a node does."""
    if node.domain or node.op_type not in (*_PRODUCTS, "Einsum", "GRU", "LSTM", "RNN", "Scan"):
        return 0
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    given, out = [shapes.get(name) for name in node.input if name], shapes.get(node.output[0])
    if node.op_type == "Scan":
        return _in_body(attributes, given, shapes)
    if node.op_type == "Einsum":
        return _in_einsum(attributes["equation"].decode(), given)
    read = _known([*given[:2], out] if node.op_type in _PRODUCTS else given[:3])
    if read is None:
        return None
    if node.op_type in _PRODUCTS:
        return _PRODUCTS[node.op_type](*read, attributes)
    sequence, *weights = read
    return math.prod(sequence[:2]) * sum(map(math.prod, weights))


_PRODUCTS: dict[str, Callable[..., int]] = {
    "Conv": lambda x, w, y, attributes: math.prod(y) * math.prod(w[1:]),
    "ConvTranspose": lambda x, w, y, attributes: math.prod(x) * math.prod(w[1:]),
    "Gemm": lambda a, b, y, attributes: math.prod(y) * a[0 if attributes.get("transA") else -1],
    "MatMul": lambda a, b, y, attributes: math.prod(y) * a[-1],
}


def _in_body(
    attributes: Mapping[str, Any], given: Sequence[Shape | None], shapes: Mapping[str, Shape | None]
) -> int | None:
    """The work of one step of a Scan, as often as there are steps."""
    sequence = given[-attributes["num_scan_inputs"]]
    step = _sum(_multiply_adds(node, shapes) for node in attributes["body"].node)
    if sequence is None or step is None:
        return None
    return sequence[attributes.get("scan_input_axes", [0])[0]] * step


def _in_einsum(equation: str, given: Sequence[Shape | None]) -> int | None:
    """One multiplication for each combination of the letters' places; nothing is known of "..."."""
    terms, read = equation.split("->")[0].split(","), _known(given)
    if read is None or "." in equation:
        return None
    return math.prod({letter: size for term, shape in zip(terms, read) for letter, size in zip(term, shape)}.values())


def _known(shapes: Sequence[Shape | None]) -> list[Shape] | None:
    """*shapes*; None where one of them is not known."""
    known = [shape for shape in shapes if shape is not None]
    return known if len(known) == len(shapes) else None


def _types(graph: onnx.GraphProto) -> dict[str, onnx.TypeProto.Tensor]:
    """The types of the values of *graph* and of the bodies in it, whose names are unique across all."""
    types = {value.name: value.type.tensor_type for value in (*graph.input, *graph.value_info, *graph.output)}
    for node in graph.node:
        for attribute in node.attribute:
            types |= _types(attribute.g) if attribute.HasField("g") else {}
    return types


def _bytes(type: onnx.TypeProto.Tensor | None, shape: Shape | None) -> int | None:
    if type is None or shape is None:
        return None
    return math.prod(shape) * onnx.helper.tensor_dtype_to_np_dtype(type.elem_type).itemsize


def _shape(type: onnx.TypeProto.Tensor) -> Shape | None:
    known = type.HasField("shape") and all(dim.HasField("dim_value") for dim in type.shape.dim)
    return tuple(dim.dim_value for dim in type.shape.dim) if known else None


def _sum(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
