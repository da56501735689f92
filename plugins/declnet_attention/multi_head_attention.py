"""Multi-head attention."""

from collections.abc import Sequence

from declnet import Net, Value, layer
from declnet_attention.scoring import attend, sort_inputs, visible


@layer("multi_head_attention.schema.json")
def multi_head_attention(
    net: Net, query: Value, *others: Value, heads: int, kv_heads: int | None, size: int | None, units: int | None,
    causal: bool, rotary: bool, dropout: float, bias: bool,
) -> dict[str, Value]:  # fmt: skip
    """Attention in several subspaces at once: query (N, queries, features) to (N, queries, units).

    Dense layers query, key and value give each head its vectors; each head is scaled dot-product attention, and the
    dense layer output mixes them (Vaswani et al., 2017). With fewer kv_heads, groups of heads share keys and values
    (Ainslie et al., 2023). Inputs: query, value (default: the query, self-attention), key (default: the value); and a
    mask of integers: lengths (N,) of the keys, or 1 for what counts, (N, keys) or (N, queries, keys). A query that sees
    no key attends equally to all. The second result, `weights`, is (N, heads, queries, keys).
    """
    value, key, mask = sort_inputs(net, query, others)
    width = query.shape[2]
    size = size or _divided(net, width, heads)
    kv_heads = kv_heads or heads
    if heads % kv_heads:
        raise net.error(
            f"{kv_heads} heads of keys and values do not divide {heads} heads",
            property="kv_heads",
            allowed=_divisors(heads),
        )
    how = {"bias": bias, **net.chosen("kernel", "bias")}
    query = net.layer("dense", query, name="query", units=heads * size, **how)
    key = net.layer("dense", key, name="key", units=kv_heads * size, **how)
    value = net.layer("dense", value, name="value", units=kv_heads * size, **how)
    if rotary:
        query = net.layer("rotary_encoding", query, heads=heads)
        key = net.layer("rotary_encoding", key, heads=kv_heads)
    # Axes of heads between batch and steps: one, or where heads share keys and values, groups and what is in them.
    shared = heads // kv_heads
    many, few = ([kv_heads, shared], [kv_heads, 1]) if shared > 1 else ([heads], [heads])
    seen = visible(net, mask, query, key, causal)
    if seen is not None:
        seen = net.Unsqueeze(seen, list(range(1, 1 + len(many))))
    scores = _split(net, query * size**-0.5, many, size) @ _split(net, key, few, size, turned=True)
    mixed, weights = attend(net, scores, _split(net, value, few, size), seen, dropout)
    axes = range(1, 1 + len(many))
    mixed = net.Transpose(mixed, perm=[0, 1 + len(many), *axes, 2 + len(many)])
    mixed = net.Reshape(mixed, [0, 0, heads * size])
    output = net.layer("dense", mixed, name="output", units=units or width, **how)
    if shared > 1:
        weights = net.Reshape(weights, net.Concat([0, heads], net.Shape(weights, start=3), axis=0))
    return {"output": output, "weights": weights}


def _split(net: Net, x: Value, heads: Sequence[int], size: int, turned: bool = False) -> Value:
    """(N, steps, heads * size) as (N, *heads, steps, size); turned, (N, *heads, size, steps)."""
    x = net.Reshape(x, [0, 0, *heads, size])
    last = 2 + len(heads)
    return net.Transpose(x, perm=[0, *range(2, last), *((last, 1) if turned else (1, last))])


def _divided(net: Net, width: int, heads: int) -> int:
    if width % heads:
        raise net.error(
            f"{heads} heads do not divide the width of the query, {width}",
            property="heads",
            found=str(heads),
            allowed=_divisors(width),
            hint="or give size, the size of one head",
        )
    return width // heads


def _divisors(number: int) -> str:
    divisors = [n for n in range(1, number + 1) if number % n == 0]
    return f"a divisor of {number}: {', '.join(map(str, divisors))}"
