"""What recurrent layers share: a stack of layers of one ONNX operator, read in one or in both directions.

ONNX's operators take the steps first, (steps, N, features), and give all outputs (steps, directions, N, units) and the
last states (directions, N, units). The layers of declnet take and give the batch first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from declnet import Net, Value
from declnet_recurrent.sequences import check_vectors, sort_inputs

MERGES = {
    "concat": lambda net, forward, backward: net.Concat(forward, backward, axis=-1),
    "sum": lambda net, forward, backward: forward + backward,
    "average": lambda net, forward, backward: (forward + backward) * 0.5,
    "multiply": lambda net, forward, backward: forward * backward,
}
# Those without parameters: onnxruntime 1.19 has no defaults for the parameters of the others.
ACTIVATIONS = {
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "softsign": "Softsign",
    "softplus": "Softplus",
}


@dataclass(frozen=True)
class Cell:
    """What one layer computes at each step: an ONNX operator, and the attributes that do not depend on the layer.

    Its weights in one direction are kernel [features, gates * units], recurrent_kernel [units, gates * units] and each
    of *biases* [gates * units], with the gates in ONNX's order.
    """

    operator: str
    units: int
    gates: int
    biases: tuple[str, ...]
    states: tuple[str, ...]
    activations: tuple[str, ...]
    attributes: dict[str, int] = field(default_factory=dict)

    def weights(self, net: Net, prefix: str, features: int) -> list[Value]:
        """Their values as the operator wants them: (W [g * u, f], R [g * u, u]) and, with a bias, B [2 * g * u]."""
        width = self.gates * self.units
        kernel = net.weight(f"{prefix}kernel", [features, width], declared="kernel")
        recurrent = net.weight(f"{prefix}recurrent_kernel", [self.units, width], declared="recurrent")
        made = [net.Transpose(kernel, perm=[1, 0]), net.Transpose(recurrent, perm=[1, 0])]
        if self.biases:
            biases = [net.weight(f"{prefix}{name}", [width], declared="bias") for name in self.biases]
            biases += [net.constant([0.0] * width, "float32")] * (2 - len(biases))
            made.append(net.Concat(*biases, axis=0))
        return made


def stack(
    net: Net,
    cell: Cell,
    x: Value,
    others: Sequence[Value],
    *,
    layers: int,
    direction: str,
    merge: str,
    returns: str,
    dropout: float,
) -> dict[str, Value]:
    """Lower *layers* layers of a cell, each reading what the one before it gives at all steps.

    In a stack the names of the weights begin with ``layer_0/``, ...; with two directions then comes ``forward/`` or
    ``backward/``.

    Returns:
        A dict of "output", (N, width) or (N, steps, width), and the last value of each state: (N, units), or
        (N, layers * directions, units) where there are several layers or directions, forward before backward.
    """
    check_vectors(net, x)
    lengths, first = sort_inputs(net, x, others, cell.states)
    directions = ["forward/", "backward/"] if direction == "bidirectional" else [""]
    begin = [_layerwise(net, value, cell.units, layers=layers, directions=len(directions)) for value in first]
    attributes = {
        "hidden_size": cell.units,
        "direction": direction,
        "activations": [ACTIVATIONS[name] for name in cell.activations] * len(directions),
        **cell.attributes,
    }
    y, last = net.Transpose(x, perm=[1, 0, 2]), []
    for index in range(layers):
        if index:
            y = net.layer("dropout", y, rate=dropout)
        prefix = f"layer_{index}/" if layers > 1 else ""
        made = [cell.weights(net, prefix + name, y.shape[-1]) for name in directions]
        tensors: list[Value | None] = [_join(net, parts) for parts in zip(*made)]
        tensors += [None] * (3 - len(tensors)) + [lengths] + [value[index] for value in begin]
        y, *final = net.op(cell.operator, y, *tensors, outputs=1 + len(cell.states), **attributes)
        last.append(final)
        output = _merge(net, y, 1, merge) if index + 1 < layers or returns == "all" else _merge(net, final[0], 0, merge)
        y = output
    if returns == "all":
        output = net.Transpose(output, perm=[1, 0, 2])
    return {"output": output} | {name: _batchwise(net, values) for name, values in zip(cell.states, zip(*last))}


def _join(net: Net, parts: Sequence[Value]) -> Value:
    """The same weight of each direction, along a new first axis."""
    parts = [net.Unsqueeze(part, [0]) for part in parts]
    return net.Concat(*parts, axis=0) if len(parts) > 1 else parts[0]


def _merge(net: Net, y: Value, axis: int, merge: str) -> Value:
    """Both directions of *y* as one, or its only direction; *axis*, that of the directions, goes."""
    if y.shape[axis] == 1:
        return net.Squeeze(y, [axis])
    forward, backward = net.Split(y, axis=axis, num_outputs=2, outputs=2)
    return MERGES[merge](net, net.Squeeze(forward, [axis]), net.Squeeze(backward, [axis]))


def _layerwise(net: Net, value: Value, units: int, *, layers: int, directions: int) -> Sequence[Value]:
    """A first state as the layers take it: for each (directions, N, units)."""
    count, shape = layers * directions, list(value.shape)[1:]
    if shape != ([units] if count == 1 else [count, units]):
        raise net.error(
            "a first state does not fit the layer",
            code="DN1401",
            property="inputs",
            allowed=f"(N, {units})" if count == 1 else f"(N, {count}, {units}): layers times directions, units",
            hint="bring it to this shape with dense and reshape",
        )
    value = net.Unsqueeze(value, [0]) if count == 1 else net.Transpose(value, perm=[1, 0, 2])
    return [value] if layers == 1 else net.Split(value, axis=0, num_outputs=layers, outputs=layers)


def _batchwise(net: Net, values: Sequence[Value]) -> Value:
    """The last states of all layers, each (directions, N, units), as the layer gives them."""
    value = values[0] if len(values) == 1 else net.Concat(*values, axis=0)
    return net.Squeeze(value, [0]) if value.shape[0] == 1 else net.Transpose(value, perm=[1, 0, 2])
