"""The simple recurrent network."""

from declnet import layer
from declnet_recurrent.stack import Weights, stack


@layer("simple_rnn.schema.json")
def simple_rnn(
    net, x, *others, units, layers, direction, merge, returns, activation, bias, dropout,
    kernel_initializer, recurrent_initializer, bias_initializer,
    kernel_regularizer, recurrent_regularizer, bias_regularizer,
    kernel_constraint, recurrent_constraint, bias_constraint,
):  # fmt: skip
    """A simple recurrent network over a sequence: (N, steps, features) to (N, units), or (N, steps, units).

    The output becomes h = activation(x_t W + h W' + b) (Elman, 1990), with weights kernel [features, units],
    recurrent_kernel [units, units] and bias [units]. ONNX RNN.

    Inputs after the sequence, in any order: integers, either lengths (N,) or a mask (N, steps) of ones and then zeros,
    so that the padding after a sequence is not read (outputs there are 0); and the first output, floats, in the shape
    of the result `state`, which is the last one.
    """
    weights = Weights(
        1, ("bias",) if bias else (), kernel_initializer, recurrent_initializer, bias_initializer,
        kernel_regularizer, recurrent_regularizer, bias_regularizer,
        kernel_constraint, recurrent_constraint, bias_constraint,
    )  # fmt: skip
    return stack(
        net, "RNN", x, others, weights, states=("state",), activations=[activation],
        units=units, layers=layers, direction=direction, merge=merge, returns=returns, dropout=dropout,
    )  # fmt: skip
