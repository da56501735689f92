"""The gated recurrent unit."""

from declnet import layer
from declnet_recurrent.stack import Weights, stack


@layer("gru.schema.json")
def gru(
    net, x, *others, units, layers, direction, merge, returns, activation, recurrent_activation, reset_after, bias,
    dropout, kernel_initializer, recurrent_initializer, bias_initializer,
    kernel_regularizer, recurrent_regularizer, bias_regularizer,
    kernel_constraint, recurrent_constraint, bias_constraint,
):  # fmt: skip
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
    weights = Weights(
        3, biases, kernel_initializer, recurrent_initializer, bias_initializer,
        kernel_regularizer, recurrent_regularizer, bias_regularizer,
        kernel_constraint, recurrent_constraint, bias_constraint,
    )  # fmt: skip
    return stack(
        net, "GRU", x, others, weights, states=("state",), activations=[recurrent_activation, activation],
        linear_before_reset=int(reset_after),
        units=units, layers=layers, direction=direction, merge=merge, returns=returns, dropout=dropout,
    )  # fmt: skip
