"""The gated recurrent unit."""

from declnet import Net, Value, layer
from declnet_recurrent.stack import Cell, stack


@layer("gru.schema.json")
def gru(
    net: Net, x: Value, *others: Value, units: int, layers: int, direction: str, merge: str, returns: str,
    activation: str, recurrent_activation: str, reset_after: bool, bias: bool, dropout: float,
) -> dict[str, Value]:  # fmt: skip
    """Gated recurrent units over a sequence: (N, steps, features) to (N, units), or (N, steps, units).

    With gates z, r = recurrent_activation(x_t W + h W' + b) and candidate h~ = activation(x_t W + r (h W' + b') + b),
    the output becomes h = (1 - z) h~ + z h (Cho et al., 2014); with reset_after false, r is applied to h instead,
    before it is multiplied. Weights kernel [features, 3 * units], recurrent_kernel [units, 3 * units], bias [3 * units]
    and, with reset_after, recurrent_bias [3 * units] hold the gates in the order update, reset, candidate. ONNX GRU.

    Inputs after the sequence, in any order: integers, either lengths (N,) or a mask (N, steps) of ones and then zeros,
    so that the padding after a sequence is not read (outputs there are 0); and the first output, floats, in the shape
    of the result `state`, which is the last one.
    """
    biases = (("bias", "recurrent_bias") if reset_after else ("bias",)) if bias else ()
    cell = Cell(
        "GRU", units=units, gates=3, biases=biases, states=("state",), activations=(recurrent_activation, activation),
        attributes={"linear_before_reset": int(reset_after)},
    )  # fmt: skip
    return stack(
        net, cell, x, others, layers=layers, direction=direction, merge=merge, returns=returns, dropout=dropout
    )
