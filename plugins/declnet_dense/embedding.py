"""Embedding."""

from declnet import layer
from declnet_dense.indices import indices


@layer("embedding.schema.json")
def embedding(net, x, *, vocabulary, units, embedding_initializer, embedding_regularizer, embedding_constraint):
    """Give each index a vector that is learnt: integers (N, ...) to (N, ..., units).

    Rows of a table [vocabulary, units], which is the result `table`, for a layer tied_dense; ONNX Gather.
    """
    x = indices(net, x, vocabulary)
    bounds = {"regularizer": embedding_regularizer, "constraint": embedding_constraint}
    table = net.weight("embedding", [vocabulary, units], embedding_initializer, **bounds)
    return {"output": net.Gather(table, x, axis=0), "table": table}
