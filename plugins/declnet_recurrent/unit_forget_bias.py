"""The usual first values of an LSTM's bias."""

from collections.abc import Sequence

import numpy as np

from declnet import GraphError, initializer


@initializer({})
def unit_forget_bias(random: np.random.Generator, shape: Sequence[int], fans: tuple[int, int]) -> np.ndarray:
    """1 for the forget gate of an LSTM, 0 for its other gates: it starts by remembering (Jozefowicz et al., 2015).

    The bias [4 * units] holds the gates in ONNX's order: input, output, forget, cell.

    Raises:
        GraphError: the weight has not one axis.
    """
    if len(shape) != 1:
        raise GraphError(
            "the initializer unit_forget_bias makes the bias of an lstm",
            code="DN1402",
            allowed="(4 * units,)",
            hint='use "zeros" here',
        )
    gate = np.arange(shape[0]) * 4 // shape[0]
    return (gate == 2).astype(np.float32)
