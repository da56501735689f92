"""Additive attention."""

from declnet import Net, Value, layer
from declnet_attention.scoring import attend, sort_inputs, visible


@layer("additive_attention.schema.json")
def additive_attention(
    net: Net, query: Value, *others: Value, units: int | None, causal: bool, dropout: float
) -> dict[str, Value]:
    """Additive attention: query (N, queries, d), value (N, keys, v), key (N, keys, k) to (N, queries, v).

    The score of a query and a key is scaleᵀ tanh(query W + key U) (Bahdanau, Cho and Bengio, 2015), with query/kernel
    [d, units], key/kernel [k, units] and scale [units]; with units null query and key are not multiplied, as in Keras.
    Inputs: query, value (default: the query), key (default: the value); and a mask of integers: lengths (N,) of the
    keys, or 1 for what counts, (N, keys) or (N, queries, keys). A query that sees no key attends equally to all. The
    second result, `weights`, is (N, queries, keys).
    """
    value, key, mask = sort_inputs(net, query, others)
    seen = visible(net, mask, query, key, causal)
    if units is not None:
        how = {"units": units, "bias": False, **net.chosen("kernel")}
        query, key = net.layer("dense", query, name="query", **how), net.layer("dense", key, name="key", **how)
    size = query.shape[-1]
    if key.shape[-1] != size:
        raise net.error(
            "query and key have different sizes",
            code="DN1401",
            property="units",
            found=f"{size} and {key.shape[-1]}",
            hint="give units, so that both are brought to this size",
        )
    scale = net.weight("scale", [size, 1], declared="kernel")
    scores = net.Tanh(net.Unsqueeze(query, [2]) + net.Unsqueeze(key, [1])) @ scale
    output, weights = attend(net, net.Squeeze(scores, [3]), value, seen, dropout)
    return {"output": output, "weights": weights}
