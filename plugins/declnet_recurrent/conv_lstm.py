"""Convolutional long short-term memory."""

from collections.abc import Sequence
from typing import Any

from declnet import Choice, DeclnetError, Net, Value, layer
from declnet_recurrent.sequences import sort_inputs
from declnet_recurrent.stack import MERGES

# One integer for all spatial axes, or a list with one for each.
Sizes = int | Sequence[int]


@layer("conv_lstm.schema.json")
def conv_lstm(
    net: Net, x: Value, *others: Value, filters: int, kernel: Sizes, stride: Sizes, dilation: Sizes,
    padding: str | Sizes, direction: str, merge: str, returns: str, activation: Choice, recurrent_activation: Choice,
    bias: bool,
) -> dict[str, Value]:  # fmt: skip
    """An LSTM over images: (N, steps, channels, ...) to (N, filters, ...), or (N, steps, filters, ...).

    There are one to three spatial axes. With gates i, o, f = recurrent_activation(W * x_t + R * h + b), where * is
    convolution, and c~ = activation(W * x_t + R * h + b), the cell becomes c = f c + i c~ and the output
    h = o activation(c) (Shi et al., 2015; without peepholes, as in Keras). Weights input/kernel
    [4 * filters, channels, ...], input/bias [4 * filters] and recurrent/kernel [4 * filters, filters, ...] hold the
    gates in the order input, output, forget, cell; of two directions they begin with ``forward/`` and ``backward/``.
    ONNX Conv and Scan.

    Inputs after the sequence, in any order: integers, either lengths (N,) or a mask (N, steps) of ones and then zeros,
    so that the padding after a sequence is not read (outputs there are 0); and the first output and the first cell,
    both of floats, in the shapes of the results `state` and `cell`, which are the last ones: (N, filters, ...), or
    (N, 2, filters, ...) of two directions.
    """
    if not 4 <= len(x.shape) <= 6:
        raise net.error(
            "conv_lstm reads sequences of one to three spatial axes",
            code="DN1401",
            allowed="(N, steps, channels, length), ..., (N, steps, channels, depth, height, width)",
            hint="use lstm for a sequence of vectors",
        )
    lengths, first = sort_inputs(net, x, others, ("state", "cell"))
    inside = [] if lengths is None else [_inside(net, x, lengths)]
    # All steps at once, counted as further samples.
    frames = net.Reshape(x, net.Concat([-1], net.Shape(x, start=2), axis=0))

    def run(way: str, backward: bool, first: Sequence[Value]) -> tuple[Value, Value, Value]:
        """Read in one direction, from the states in which it begins, if any: the last states, and all outputs."""
        gates = net.layer(
            "conv", frames, name=f"{way}input", filters=4 * filters, kernel=kernel, stride=stride, dilation=dilation,
            padding=padding, bias=bias, **net.chosen("kernel", "bias"),
        )  # fmt: skip
        shape = [filters, *list(gates.shape)[2:]]
        zeros = net.ConstantOfShape(net.Concat(net.Shape(x, end=1), [filters], net.Shape(gates, start=2), axis=0))
        steps = net.Reshape(gates, net.Concat(net.Shape(x, end=2), net.Shape(gates, start=1), axis=0))

        def step(net: Net, states: list[Value], items: list[Value]) -> tuple[list[Value], list[Value]]:
            (h, c), (entering, *masks) = states, items
            gates = entering + net.layer(
                "conv", h, name=f"{way}recurrent", filters=4 * filters, kernel=kernel, padding="same", bias=False,
                **net.chosen(kernel="recurrent"),
            )  # fmt: skip
            *parts, content = net.Split(gates, num_outputs=4, axis=1, outputs=4)
            i, o, f = (net.activation(gate, recurrent_activation) for gate in parts)
            new_c = f * c + i * net.activation(content, activation)
            new_h = o * net.activation(new_c, activation)
            if not masks:
                return [new_h, new_c], [new_h]
            (inside,) = masks
            return [net.Where(inside, new_h, h), net.Where(inside, new_c, c)], [net.Where(inside, new_h, 0.0)]

        first = [_fitting(net, value, shape) for value in first] or [zeros, zeros]
        (h, c), (y,) = net.scan(step, first, [steps, *inside], backward=backward)
        return h, c, y

    if direction != "bidirectional":
        h, c, y = run("", direction == "reverse", first)
        return {"output": y if returns == "all" else h, "state": h, "cell": c}
    begins = zip(*(_directions(net, value) for value in first)) if first else [[], []]
    states, cells, outputs = zip(*map(run, ("forward/", "backward/"), (False, True), begins))
    ends, channels = (outputs, 2) if returns == "all" else (states, 1)
    output = net.Concat(*ends, axis=channels) if merge == "concat" else MERGES[merge](net, *ends)
    state, cell = (net.Concat(*(net.Unsqueeze(value, [1]) for value in last), axis=1) for last in (states, cells))
    return {"output": output, "state": state, "cell": cell}


def _inside(net: Net, x: Value, lengths: Value) -> Value:
    """(N, steps, 1, ...): whether a step comes before the end of its sequence."""
    times = net.Range(0, net.Squeeze(net.Shape(x, start=1, end=2), [0]), 1)
    inside = net.Less(times, net.Unsqueeze(net.Cast(lengths, to=_INT64), [1]))
    return net.Unsqueeze(inside, list(range(2, len(x.shape))))


def _directions(net: Net, value: Value) -> list[Value]:
    """A first state (N, 2, ...) as one for each direction."""
    if len(value.shape) < 2 or value.shape[1] != 2:
        raise _misfit(net, "(N, 2, filters, ...): one for each direction")
    return [net.Squeeze(part, [1]) for part in net.Split(value, axis=1, num_outputs=2, outputs=2)]


def _fitting(net: Net, value: Value, shape: Sequence[Any]) -> Value:
    """*value*, a first state of one direction, which must be (N, *shape)."""
    if not net.fits(value.shape, [None, *shape]):
        raise _misfit(net, f"{net.shown(['N', *shape])} in each direction")
    return value


def _misfit(net: Net, allowed: str) -> DeclnetError:
    return net.error("a first state does not fit the layer", code="DN1401", property="inputs", allowed=allowed)


_INT64 = 7
