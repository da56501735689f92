"""Embedding."""

from declnet import layer
from declnet_dense.indices import indices


@layer("embedding.schema.json")
def embedding(net, x, *, vocabulary, units, embedding_initializer, embedding_regularizer):
    """Give each index a vector that is learnt: integers (N, ...) to (N, ..., units).

    Rows of a table [vocabulary, units]; ONNX Gather.
    """
    x = indices(net, x, vocabulary)
    shape = [vocabulary, units]
    table = net.weight("embedding", shape, embedding_initializer, regularizer=embedding_regularizer)
    return net.Gather(table, x, axis=0)
