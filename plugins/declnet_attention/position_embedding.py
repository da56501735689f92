"""Learnt positional encoding."""

from declnet import Net, Value, layer
from declnet_attention.positions import positions
from declnet_attention.scoring import features


@layer("position_embedding.schema.json")
def position_embedding(net: Net, x: Value, *, maximum: int | None) -> Value:
    """Add a learnt vector for each position: (N, steps, features) to the same shape.

    The vectors stand in embedding [maximum, features] (Gehring et al., 2017; Devlin et al., 2019); constraints of the
    norm of each take "axes": [1]. Where the number of steps is unknown until the model runs, more steps than there are
    vectors are refused when the data are loaded.
    """
    count, size = x.shape[1] if len(x.shape) > 1 else None, features(net, x)
    if not isinstance(count, int):
        if maximum is None:
            raise net.error(
                "the number of steps is unknown, and there is a learnt vector for each",
                code="DN1401",
                property="maximum",
                found="null",
                allowed="the greatest number of steps",
                hint="give maximum, or use sinusoidal_encoding or rotary_encoding, which know every position",
            )
        net.at_most(x, 1, maximum)
        # Unlike a slice of the table, an index beyond it fails in every runtime.
        return x + net.Gather(net.weight("embedding", [maximum, size]), positions(net, x), axis=0)
    if maximum is not None and maximum < count:
        raise net.error(
            f"there are {count} steps, and vectors for {maximum} positions only",
            code="DN1401",
            property="maximum",
            allowed=f"{count} or more, or null",
        )
    table = net.weight("embedding", [maximum or count, size])
    return x + (net.Slice(table, [0], [count], [0]) if maximum not in (None, count) else table)
