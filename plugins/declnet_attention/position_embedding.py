"""Learnt positional encoding."""

from declnet import layer
from declnet_attention.scoring import steps


@layer("position_embedding.schema.json")
def position_embedding(net, x, *, maximum, embedding_initializer, embedding_regularizer):
    """Add a learnt vector for each position: (N, steps, features) to the same shape.

    The vectors stand in embedding [maximum, features] (Gehring et al., 2017; Devlin et al., 2019).
    """
    count, features = steps(net, x), x.shape[-1]
    if maximum is not None and maximum < count:
        raise net.error(
            f"there are {count} steps, and vectors for {maximum} positions only",
            code="DN1401",
            property="maximum",
            allowed=f"{count} or more, or null",
        )
    table = net.weight(
        "embedding", [maximum or count, features], embedding_initializer, regularizer=embedding_regularizer
    )
    return x + (net.Slice(table, [0], [count], [0]) if maximum not in (None, count) else table)
