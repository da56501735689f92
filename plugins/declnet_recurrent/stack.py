"""What recurrent layers share: a stack of layers of one ONNX operator, read in one or in both directions.

ONNX's operators take the steps first, (steps, N, features), and give all outputs (steps, directions, N, units) and the
last states (directions, N, units). The layers of declnet take and give the batch first.
"""

from dataclasses import dataclass

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
class Weights:
    """The weights of one layer in one direction.

    kernel [features, gates * units], recurrent_kernel [units, gates * units] and each of *biases* [gates * units], with
    the gates in ONNX's order.
    """

    gates: int
    biases: tuple[str, ...]
    kernel_initializer: dict
    recurrent_initializer: dict
    bias_initializer: dict
    kernel_regularizer: dict | None
    recurrent_regularizer: dict | None
    bias_regularizer: dict | None
    kernel_constraint: dict | None
    recurrent_constraint: dict | None
    bias_constraint: dict | None

    def make(self, net, prefix, features, units):
        """Their values as the operator wants them: (W [g * u, f], R [g * u, u]) and, with a bias, B [2 * g * u]."""
        width = self.gates * units
        bounds = {"regularizer": self.kernel_regularizer, "constraint": self.kernel_constraint}
        kernel = net.weight(f"{prefix}kernel", [features, width], self.kernel_initializer, **bounds)
        bounds = {"regularizer": self.recurrent_regularizer, "constraint": self.recurrent_constraint}
        recurrent = net.weight(f"{prefix}recurrent_kernel", [units, width], self.recurrent_initializer, **bounds)
        made = [net.Transpose(kernel, perm=[1, 0]), net.Transpose(recurrent, perm=[1, 0])]
        if self.biases:
            bounds = {"regularizer": self.bias_regularizer, "constraint": self.bias_constraint}
            biases = [net.weight(f"{prefix}{name}", [width], self.bias_initializer, **bounds) for name in self.biases]
            biases += [net.constant([0.0] * width, "float32")] * (2 - len(biases))
            made.append(net.Concat(*biases, axis=0))
        return made


def stack(
    net, operator, x, others, weights, *, states, activations,
    units, layers, direction, merge, returns, dropout, **attributes,
):  # fmt: skip
    """Lower *layers* layers of *operator*, each reading what the one before it gives at all steps.

    In a stack the names of the weights begin with ``layer_0/``, ...; with two directions then comes ``forward/`` or
    ``backward/``.

    Returns:
        A dict of "output", (N, width) or (N, steps, width), and the last value of each of *states*: (N, units), or
        (N, layers * directions, units) where there are several layers or directions, forward before backward.
    """
    check_vectors(net, x)
    lengths, first = sort_inputs(net, x, others, states)
    directions = ["forward/", "backward/"] if direction == "bidirectional" else [""]
    first = [_layerwise(net, value, units, layers, len(directions)) for value in first]
    attributes["activations"] = [ACTIVATIONS[name] for name in activations] * len(directions)
    y, last = net.Transpose(x, perm=[1, 0, 2]), []
    for index in range(layers):
        if index:
            y = net.layer("dropout", y, rate=dropout)
        prefix = f"layer_{index}/" if layers > 1 else ""
        made = [weights.make(net, prefix + name, y.shape[-1], units) for name in directions]
        tensors = [_join(net, parts) for parts in zip(*made)]
        tensors += [None] * (3 - len(tensors)) + [lengths] + [value[index] for value in first]
        y, *final = net.op(
            operator, y, *tensors, outputs=1 + len(states), hidden_size=units, direction=direction, **attributes
        )
        last.append(final)
        output = _merge(net, y, 1, merge) if index + 1 < layers or returns == "all" else _merge(net, final[0], 0, merge)
        y = output
    if returns == "all":
        output = net.Transpose(output, perm=[1, 0, 2])
    return {"output": output} | {name: _batchwise(net, values) for name, values in zip(states, zip(*last))}


def _join(net, parts):
    """The same weight of each direction, along a new first axis."""
    parts = [net.Unsqueeze(part, [0]) for part in parts]
    return net.Concat(*parts, axis=0) if len(parts) > 1 else parts[0]


def _merge(net, y, axis, merge):
    """Both directions of *y* as one, or its only direction; *axis*, that of the directions, goes."""
    if y.shape[axis] == 1:
        return net.Squeeze(y, [axis])
    forward, backward = net.Split(y, axis=axis, num_outputs=2, outputs=2)
    return MERGES[merge](net, net.Squeeze(forward, [axis]), net.Squeeze(backward, [axis]))


def _layerwise(net, value, units, layers, directions):
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


def _batchwise(net, values):
    """The last states of all layers, each (directions, N, units), as the layer gives them."""
    value = values[0] if len(values) == 1 else net.Concat(*values, axis=0)
    return net.Squeeze(value, [0]) if value.shape[0] == 1 else net.Transpose(value, perm=[1, 0, 2])
