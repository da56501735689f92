"""Embedding."""

from declnet import Net, Value, layer
from declnet_dense.indices import indices


@layer("embedding.schema.json")
def embedding(net: Net, x: Value, *, vocabulary: int, units: int) -> dict[str, Value]:
    """Give each index a vector that is learnt: integers (N, ...) to (N, ..., units).

    Rows of a table [vocabulary, units], which is the result `table`, for a layer tied_dense; ONNX Gather. To
    constraints of norms the weights into one unit are a column of it, as in Keras; that of the vector of each index
    takes "axes": [1].
    """
    x = indices(net, x, vocabulary)
    table = net.weight("embedding", [vocabulary, units])
    return {"output": net.Gather(table, x, axis=0), "table": table}
