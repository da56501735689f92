"""The circle loss of embeddings."""

import numpy as np

from declnet import LossNet, Value, loss
from declnet_loss.similarities import partners, unit

# The logarithm of the weight of a pair that does not count.
_NEVER = -1e30


@loss("circle.schema.json")
def circle(net: LossNet, prediction: Value, *, margin: float, gamma: float) -> tuple[Value, Value]:
    """Mean of log(1 + sum_n exp(gamma (s_n + m)+ (s_n - m)) sum_p exp(-gamma (1 + m - s_p)+ (s_p - 1 + m))).

    For embeddings (N, d) and classes (N): each row of a batch is an anchor, s_p are the cosines with the other rows of
    its class, s_n those with the rows of other classes, and m is the margin (Sun et al., 2020, equation 6). A row
    counts if it has both. As in Keras, the gradient flows through the weights (...)+ too; Keras leaves it to the model
    to scale the embeddings to length 1. The value depends on how rows fall into batches.

    Raises:
        LayerError: the prediction is not one vector for each row.
    """
    fellow, other, counts = partners(net, prediction, "circle")
    rows = unit(net, prediction, 1)
    cosine = rows @ net.Transpose(rows, perm=[1, 0])
    near = -float(gamma) * net.Relu(1.0 + margin - cosine) * (cosine - (1.0 - margin))
    far = float(gamma) * net.Relu(cosine + margin) * (cosine - float(margin))
    sums = [
        net.ReduceLogSumExp(net.Where(pairs, each, np.float32(_NEVER)), [1], keepdims=0)
        for pairs, each in ((fellow, near), (other, far))
    ]
    return counts * net.Softplus(sums[0] + sums[1]), counts
