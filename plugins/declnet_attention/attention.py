"""Dot-product attention."""

from declnet import Net, Value, layer
from declnet_attention.scoring import attend, sort_inputs, visible


@layer("attention.schema.json")
def attention(net: Net, query: Value, *others: Value, scale: bool, causal: bool, dropout: float) -> dict[str, Value]:
    """Dot-product attention: query (N, queries, d), value (N, keys, v), key (N, keys, d) to (N, queries, v).

    softmax(query keyᵀ / sqrt(d)) value (Luong et al., 2015; scaled: Vaswani et al., 2017), without weights. Inputs, as
    in Keras: query, value (default: the query), key (default: the value); and a mask of integers: lengths (N,) of the
    keys, or 1 for what counts, (N, keys) or (N, queries, keys). A query that sees no key attends equally to all. The
    second result, `weights`, is (N, queries, keys).
    """
    value, key, mask = sort_inputs(net, query, others)
    size = query.shape[-1]
    if key.shape[-1] != size:
        raise net.error(
            "query and key have different sizes",
            code="DN1401",
            property="inputs",
            found=f"{size} and {key.shape[-1]}",
            allowed="last axes of one size",
            hint="bring them to one size with dense, or use multi_head_attention or additive_attention",
        )
    seen = visible(net, mask, query, key, causal)
    scaled = query * size**-0.5 if scale else query
    output, weights = attend(net, scaled @ net.Transpose(key, perm=[0, 2, 1]), value, seen, dropout)
    return {"output": output, "weights": weights}
