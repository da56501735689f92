"""The usual first values of an LSTM's bias."""

import numpy as np

from declnet import GraphError, initializer


@initializer({})
def unit_forget_bias(random, shape, fans):
    """1 for the forget gate of an LSTM, 0 for its other gates: it starts by remembering (Jozefowicz et al., 2015).

    The bias [4 * units] holds the gates in ONNX's order: input, output, forget, cell.

    Raises:
        GraphError: the weight is not a bias of four gates.
    """
    if len(shape) != 1 or shape[0] % 4:
        raise GraphError(
            "the initializer unit_forget_bias makes the bias of an lstm",
            code="DN1402",
            found=f"a weight of shape {tuple(shape)}",
            allowed="(4 * units,)",
            hint='use "zeros" here',
        )
    return np.repeat(np.array([0, 0, 1, 0], np.float32), shape[0] // 4)
