"""Long short-term memory."""

from declnet import Net, Value, layer
from declnet_recurrent.stack import Cell, stack


@layer("lstm.schema.json")
def lstm(
    net: Net, x: Value, *others: Value, units: int, layers: int, direction: str, merge: str, returns: str,
    activation: str, recurrent_activation: str, bias: bool, dropout: float,
) -> dict[str, Value]:  # fmt: skip
    """Long short-term memory over a sequence: (N, steps, features) to (N, units), or (N, steps, units).

    With gates i, o, f = recurrent_activation(x_t W + h W' + b) and c~ = activation(x_t W + h W' + b), the cell becomes
    c = f c + i c~ and the output h = o activation(c) (Hochreiter and Schmidhuber, 1997; Gers et al., 2000). Weights
    kernel [features, 4 * units], recurrent_kernel [units, 4 * units] and bias [4 * units] hold the gates in the order
    input, output, forget, cell. ONNX LSTM.

    Inputs after the sequence, in any order: integers, either lengths (N,) or a mask (N, steps) of ones and then zeros,
    so that the padding after a sequence is not read (outputs there are 0); and the first output and the first cell,
    both of floats, in the shapes of the results `state` and `cell`, which are the last ones.
    """
    cell = Cell(
        "LSTM", units=units, gates=4, biases=("bias",) if bias else (), states=("state", "cell"),
        activations=(recurrent_activation, activation, activation),
    )  # fmt: skip
    return stack(
        net, cell, x, others, layers=layers, direction=direction, merge=merge, returns=returns, dropout=dropout
    )
