"""What a model costs before it has run: output shape, parameters, work and memory of each declared layer."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import onnx

from declnet.errors import SpecError
from declnet.graph import dims, to_model
from declnet.lowering import Lowered, lower_layers
from declnet.plugins import Plugins

if TYPE_CHECKING:
    from declnet.spec import LayerSpec, Spec

COUNTED = "multiply-adds of Conv, ConvTranspose, Gemm and MatMul"


@dataclass(frozen=True)
class Row:
    """One declared layer.

    ``parameters`` counts trained numbers and ``fixed`` those that a gradient does not change (frozen weights, running
    statistics, fitted statistics); weights that are shared count where they are first declared. ``multiply_adds`` and
    ``activation_bytes`` are for one row of data: the work of the operators of COUNTED, and the size of all values that
    the layer computes. None: a size is not known before the model runs.
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    shape: tuple[int | str | None, ...]
    parameters: int
    fixed: int
    multiply_adds: int | None
    activation_bytes: int | None


@dataclass(frozen=True)
class Summary:
    """The rows of a model, in the order of the spec, and their sums."""

    name: str
    rows: tuple[Row, ...]

    @property
    def total_parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def total_fixed(self) -> int:
        return sum(row.fixed for row in self.rows)

    @property
    def total_multiply_adds(self) -> int | None:
        return _sum(row.multiply_adds for row in self.rows)

    @property
    def total_activation_bytes(self) -> int | None:
        return _sum(row.activation_bytes for row in self.rows)

    def as_dict(self) -> dict:
        """The same as plain data, for ``--json``."""
        return {
            "name": self.name,
            "layers": [asdict(row) for row in self.rows],
            "total_parameters": self.total_parameters,
            "total_fixed": self.total_fixed,
            "total_multiply_adds": self.total_multiply_adds,
            "total_activation_bytes": self.total_activation_bytes,
            "counted": COUNTED,
        }


def summarise(spec: Spec, plugins: Plugins | None = None) -> Summary:
    """Count what the inference graph of *spec* holds and does, layer by layer, without running it.

    Raises:
        SpecError: the layers do not fit together.
    """
    lowered = lower_layers(spec, training=False, plugins=plugins)
    if lowered.diagnostics:
        raise SpecError(lowered.diagnostics)
    costs = _costs(lowered)
    return Summary(spec.name, tuple(_row(lowered, layer, *costs.get(layer.pointer, (0, 0))) for layer in spec.layers))


def _row(lowered: Lowered, layer: LayerSpec, work: int | None, memory: int | None) -> Row:
    tensors, prefix = lowered.tensors, f"{layer.name}/"
    own = [parameter for parameter in tensors.parameters.values() if parameter.name.startswith(prefix)]
    held = [each for each in (*tensors.states.values(), *tensors.statistics.values()) if each.name.startswith(prefix)]
    fixed = [parameter for parameter in own if not parameter.trainable] + held
    return Row(
        name=layer.name,
        type=layer.type,
        inputs=tuple(layer.inputs),
        shape=dims(lowered.results[layer.name]) or (),
        parameters=sum(math.prod(parameter.shape) for parameter in own if parameter.trainable),
        fixed=sum(math.prod(each.shape) for each in fixed),
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
    types = {value.name: value.type.tensor_type for value in (*model.graph.input, *model.graph.value_info)}
    shapes = {name: _shape(type) for name, type in types.items()}
    shapes |= {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    work, memory = {}, {}
    by_row = set(lowered.tensors.features)
    for node in model.graph.node:
        if by_row.isdisjoint(node.input):
            continue
        by_row.update(node.output)
        place = next((entry.value for entry in node.metadata_props if entry.key == "declnet.path"), "")
        work.setdefault(place, []).append(_multiply_adds(node, shapes))
        memory.setdefault(place, []).extend(_bytes(types.get(name), shapes.get(name)) for name in node.output if name)
    return {place: (_sum(work[place]), _sum(memory[place])) for place in work}


def _multiply_adds(node: onnx.NodeProto, shapes: dict) -> int | None:
    """The multiplications, each with an addition, that a node does."""
    if node.domain or node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    left, right, out = (shapes.get(name) for name in (node.input[0], node.input[1], node.output[0]))
    if left is None or right is None or out is None:
        return None
    if node.op_type == "Conv":
        return math.prod(out) * math.prod(right[1:])
    if node.op_type == "ConvTranspose":
        return math.prod(left) * math.prod(right[1:])
    transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    return math.prod(out) * left[0 if transposed else -1]


def _bytes(type: onnx.TypeProto.Tensor | None, shape: tuple | None) -> int | None:
    if type is None or shape is None:
        return None
    return math.prod(shape) * onnx.helper.tensor_dtype_to_np_dtype(type.elem_type).itemsize


def _shape(type: onnx.TypeProto.Tensor) -> tuple[int, ...] | None:
    known = type.HasField("shape") and all(dim.HasField("dim_value") for dim in type.shape.dim)
    return tuple(dim.dim_value for dim in type.shape.dim) if known else None


def _sum(numbers) -> int | None:
    numbers = list(numbers)
    return None if None in numbers else sum(numbers)
