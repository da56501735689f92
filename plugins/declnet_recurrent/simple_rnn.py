"""The simple recurrent network."""

from declnet import Net, Value, layer
from declnet_recurrent.stack import Cell, stack


@layer("simple_rnn.schema.json")
def simple_rnn(
    net: Net, x: Value, *others: Value, units: int, layers: int, direction: str, merge: str, returns: str,
    activation: str, bias: bool, dropout: float,
) -> dict[str, Value]:  # fmt: skip
    """A simple recurrent network over a sequence: (N, steps, features) to (N, units), or (N, steps, units).

    The output becomes h = activation(x_t W + h W' + b) (Elman, 1990), with weights kernel [features, units],
    recurrent_kernel [units, units] and bias [units]. ONNX RNN.

    Inputs after the sequence, in any order: integers, either lengths (N,) or a mask (N, steps) of ones and then zeros,
    so that the padding after a sequence is not read (outputs there are 0); and the first output, floats, in the shape
    of the result `state`, which is the last one.
    """
    biases = ("bias",) if bias else ()
    cell = Cell("RNN", units=units, gates=1, biases=biases, states=("state",), activations=(activation,))
    return stack(
        net, cell, x, others, layers=layers, direction=direction, merge=merge, returns=returns, dropout=dropout
    )
